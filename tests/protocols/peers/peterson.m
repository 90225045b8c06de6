-- Peterson's lock for N processes, with the steps for which the Murphi distribution publishes counts.
--
-- After G. L. Peterson, Myths about the mutual exclusion problem, Information Processing Letters 12(3), 1981.  As in
-- the example `mux/n_peterson.m` of that distribution: waiting is a step that changes nothing, a process leaves with
-- level 1 instead of 0, and a room that nobody has entered has no victim.

const
  N: 3;

type
  process: 1..N;
  room: 0..N;
  place: enum { outside, at_level, at_victim, waiting, inside };

var
  at: array [process] of place;
  level: array [process] of room;
  next: array [process] of room;
  victim: array [room] of process;

startstate "all outside"
begin
  for p: process do
    at[p] := outside;
    level[p] := 0;
    next[p] := 0;
  end;
  for r: room do
    undefine victim[r];
  end;
end;

ruleset p: process do

  rule "starts with room 1"
    at[p] = outside
  ==>
  begin
    next[p] := 1;
    at[p] := at_level;
  end;

  rule "announces the room"
    at[p] = at_level
  ==>
  begin
    level[p] := next[p];
    at[p] := at_victim;
  end;

  rule "is the last to come in"
    at[p] = at_victim
  ==>
  begin
    victim[next[p]] := p;
    at[p] := waiting;
  end;

  rule "goes on, or waits"
    at[p] = waiting
  ==>
  begin
    if victim[next[p]] != p | forall q: process do q != p -> level[q] < next[p] end then
      next[p] := next[p] + 1;
      if next[p] < N then
        at[p] := at_level;
      else
        at[p] := inside;
      end;
    end;
  end;

  rule "leaves"
    at[p] = inside
  ==>
  begin
    level[p] := 1;
    at[p] := outside;
  end;

end;

invariant "at most one inside"
  forall p: process do
    forall q: process do
      at[p] = inside & at[q] = inside -> p = q
    end
  end;
