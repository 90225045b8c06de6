-- German's cache protocol: a home node grants shared or exclusive copies of one line to N caches.
--
-- After S. German, 2000, as written down in C.-T. Chou, P. K. Mannava, S. Park, A simple method for parameterized
-- verification of cache coherence protocols, FMCAD 2004; control only, without the data.

const
  N: 3;

type
  cache: 1..N;
  request: enum { no_request, ask_shared, ask_exclusive };
  reply: enum { no_reply, invalidate, grant_shared, grant_exclusive };
  copy: enum { invalid, shared, exclusive };

var
  copy_of: array [cache] of copy;
  requested: array [cache] of request;       -- channel 1, cache to home
  replied: array [cache] of reply;           -- channel 2, home to cache
  acknowledged: array [cache] of boolean;    -- channel 3, cache to home
  to_invalidate: array [cache] of boolean;
  sharing: array [cache] of boolean;
  exclusive_granted: boolean;
  serving: request;
  client: cache;                             -- undefined while nobody is served

startstate "all invalid"
begin
  for i: cache do
    copy_of[i] := invalid;
    requested[i] := no_request;
    replied[i] := no_reply;
    acknowledged[i] := false;
    to_invalidate[i] := false;
    sharing[i] := false;
  end;
  exclusive_granted := false;
  serving := no_request;
  undefine client;
end;

ruleset i: cache do

  rule "a cache asks for a shared copy"
    requested[i] = no_request & copy_of[i] = invalid
  ==>
  begin
    requested[i] := ask_shared;
  end;

  rule "a cache asks for an exclusive copy"
    requested[i] = no_request & copy_of[i] != exclusive
  ==>
  begin
    requested[i] := ask_exclusive;
  end;

  rule "home takes a request"
    serving = no_request & requested[i] != no_request
  ==>
  begin
    serving := requested[i];
    client := i;
    requested[i] := no_request;
    for j: cache do
      to_invalidate[j] := sharing[j];
    end;
  end;

  rule "home sends an invalidation"
    replied[i] = no_reply & to_invalidate[i]
    & (serving = ask_exclusive | (serving = ask_shared & exclusive_granted))
  ==>
  begin
    replied[i] := invalidate;
    to_invalidate[i] := false;
  end;

  rule "a cache acknowledges an invalidation"
    replied[i] = invalidate & !acknowledged[i]
  ==>
  begin
    replied[i] := no_reply;
    acknowledged[i] := true;
    copy_of[i] := invalid;
  end;

  rule "home takes an acknowledgement"
    acknowledged[i] & serving != no_request
  ==>
  begin
    acknowledged[i] := false;
    sharing[i] := false;
    exclusive_granted := false;
  end;

  rule "home grants a shared copy"
    serving = ask_shared & client = i & replied[i] = no_reply & !exclusive_granted
  ==>
  begin
    replied[i] := grant_shared;
    sharing[i] := true;
    serving := no_request;
    undefine client;
  end;

  rule "home grants an exclusive copy"
    serving = ask_exclusive & client = i & replied[i] = no_reply & !exclusive_granted
    & forall j: cache do !sharing[j] end
  ==>
  begin
    replied[i] := grant_exclusive;
    sharing[i] := true;
    exclusive_granted := true;
    serving := no_request;
    undefine client;
  end;

  rule "a cache takes a shared copy"
    replied[i] = grant_shared
  ==>
  begin
    replied[i] := no_reply;
    copy_of[i] := shared;
  end;

  rule "a cache takes an exclusive copy"
    replied[i] = grant_exclusive
  ==>
  begin
    replied[i] := no_reply;
    copy_of[i] := exclusive;
  end;

end;

invariant "an exclusive copy is the only one"
  forall i: cache do
    forall j: cache do
      i != j & copy_of[i] = exclusive -> copy_of[j] = invalid
    end
  end;
