------------------------------ MODULE lifecycle ------------------------------
(* The yardstick of tests/protocols/lifecycle.custody, written by hand for TLC: the same states, the same steps.  *)
(* TLC counts the initial state as one transition more, and its depth in states, one more than steps.             *)
EXTENDS Naturals, FiniteSets

CONSTANT N

Device == 0 .. N - 1

VARIABLES s, v, cpu, line, ref, released

vars == <<s, v, cpu, line, ref, released>>

Mapped(d) == s[d] \in {"to", "from", "bidi"}
Attached == Cardinality({d \in Device : s[d] # "detached"})

Init ==
    /\ s = [d \in Device |-> "detached"]
    /\ v = [d \in Device |-> "clean"]
    /\ cpu = "none"
    /\ line = "invalid"
    /\ ref = 1
    /\ released = FALSE

(* The views after `d` wrote what it had: everybody else's is stale. *)
StaleBut(d, own) == [e \in Device |-> IF e = d THEN own ELSE IF Mapped(e) THEN "stale" ELSE v[e]]

Attach(d) ==
    /\ ~released /\ s[d] = "detached" /\ 0 < ref /\ ref < N + 2
    /\ s' = [s EXCEPT ![d] = "attached"]
    /\ ref' = ref + 1
    /\ UNCHANGED <<v, cpu, line, released>>

Detach(d) ==
    /\ s[d] = "attached" /\ ref > 0
    /\ s' = [s EXCEPT ![d] = "detached"]
    /\ v' = [v EXCEPT ![d] = "clean"]
    /\ ref' = ref - 1
    /\ UNCHANGED <<cpu, line, released>>

Map(d, k) ==
    /\ s[d] = "attached" /\ cpu = "none"
    /\ s' = [s EXCEPT ![d] = k]
    /\ v' = [v EXCEPT ![d] = "clean"]
    /\ UNCHANGED <<cpu, line, ref, released>>

Unmap(d) ==
    /\ Mapped(d)
    /\ s' = [s EXCEPT ![d] = "attached"]
    /\ v' = IF v[d] = "dirty" THEN StaleBut(d, "clean") ELSE [v EXCEPT ![d] = "clean"]
    /\ UNCHANGED <<cpu, line, ref, released>>

DmaWrite(d) ==
    /\ s[d] \in {"from", "bidi"} /\ cpu = "none"
    /\ v' = StaleBut(d, "dirty")
    /\ line' = IF line = "invalid" THEN line ELSE "stale"
    /\ UNCHANGED <<s, cpu, ref, released>>

Sync(d) ==
    /\ Mapped(d) /\ v[d] = "stale"
    /\ v' = [v EXCEPT ![d] = "clean"]
    /\ UNCHANGED <<s, cpu, line, ref, released>>

Begin(how) ==
    /\ ~released /\ cpu = "none" /\ ref > 0
    /\ cpu' = how
    /\ line' = "clean"
    /\ UNCHANGED <<s, v, ref, released>>

CpuWrite ==
    /\ cpu = "writing"
    /\ line' = "dirty"
    /\ v' = [e \in Device |-> IF Mapped(e) THEN "stale" ELSE v[e]]
    /\ UNCHANGED <<s, cpu, ref, released>>

End ==
    /\ cpu # "none"
    /\ cpu' = "none"
    /\ line' = "invalid"
    /\ UNCHANGED <<s, v, ref, released>>

Get ==
    /\ ~released /\ 0 < ref /\ ref < N + 2
    /\ ref' = ref + 1
    /\ UNCHANGED <<s, v, cpu, line, released>>

Put ==
    /\ ref > Attached
    /\ ref' = ref - 1
    /\ UNCHANGED <<s, v, cpu, line, released>>

Release ==
    /\ ref = 0 /\ ~released /\ cpu = "none"
    /\ released' = TRUE
    /\ UNCHANGED <<s, v, cpu, line, ref>>

Next ==
    \/ \E d \in Device : Attach(d)
    \/ \E d \in Device : Detach(d)
    \/ \E d \in Device : Map(d, "to")
    \/ \E d \in Device : Map(d, "from")
    \/ \E d \in Device : Map(d, "bidi")
    \/ \E d \in Device : Unmap(d)
    \/ \E d \in Device : DmaWrite(d)
    \/ \E d \in Device : Sync(d)
    \/ Begin("reading")
    \/ Begin("writing")
    \/ CpuWrite
    \/ End
    \/ Get
    \/ Put
    \/ Release

Spec == Init /\ [][Next]_vars

OneDirtyView == Cardinality({d \in Device : v[d] = "dirty"}) <= 1
==============================================================================
