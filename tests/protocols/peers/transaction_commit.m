-- What two-phase commit implements: N resource managers all commit or all abort.
--
-- After J. Gray and L. Lamport, Consensus on transaction commit, ACM Transactions on Database Systems 31(1), 2006
-- (module TCommit).

const
  N: 3;

type
  manager: 1..N;
  choice: enum { working, prepared, committed, aborted };

var
  state: array [manager] of choice;

startstate "all working"
begin
  for m: manager do
    state[m] := working;
  end;
end;

ruleset m: manager do

  rule "Prepare"
    state[m] = working
  ==>
  begin
    state[m] := prepared;
  end;

  rule "Decide to commit"
    state[m] = prepared & forall o: manager do state[o] = prepared | state[o] = committed end
  ==>
  begin
    state[m] := committed;
  end;

  rule "Decide to abort"
    (state[m] = working | state[m] = prepared) & forall o: manager do state[o] != committed end
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
