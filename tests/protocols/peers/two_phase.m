-- Two-phase commit, where a transaction manager asks N resource managers; messages are a set that only grows.
--
-- After J. Gray and L. Lamport, Consensus on transaction commit, ACM Transactions on Database Systems 31(1), 2006
-- (module TwoPhase).

const
  N: 3;

type
  manager: 1..N;
  choice: enum { working, prepared, committed, aborted };
  outcome: enum { undecided, commit, abort };

var
  state: array [manager] of choice;
  decided: outcome;
  heard_from: array [manager] of boolean;       -- whose Prepared message was received
  sent_prepared: array [manager] of boolean;    -- the messages
  sent_commit: boolean;
  sent_abort: boolean;

startstate "all working"
begin
  for m: manager do
    state[m] := working;
    heard_from[m] := false;
    sent_prepared[m] := false;
  end;
  decided := undecided;
  sent_commit := false;
  sent_abort := false;
end;

rule "TMCommit"
  decided = undecided & forall m: manager do heard_from[m] end
==>
begin
  decided := commit;
  sent_commit := true;
end;

rule "TMAbort"
  decided = undecided
==>
begin
  decided := abort;
  sent_abort := true;
end;

ruleset m: manager do

  rule "TMRcvPrepared"
    decided = undecided & sent_prepared[m]
  ==>
  begin
    heard_from[m] := true;
  end;

  rule "RMPrepare"
    state[m] = working
  ==>
  begin
    state[m] := prepared;
    sent_prepared[m] := true;
  end;

  rule "RMChooseToAbort"
    state[m] = working
  ==>
  begin
    state[m] := aborted;
  end;

  rule "RMRcvCommitMsg"
    sent_commit
  ==>
  begin
    state[m] := committed;
  end;

  rule "RMRcvAbortMsg"
    sent_abort
  ==>
  begin
    state[m] := aborted;
  end;

end;

invariant "TCConsistent"
  forall a: manager do
    forall b: manager do
      !(state[a] = committed & state[b] = aborted)
    end
  end;
