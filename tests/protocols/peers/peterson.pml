/* Peterson's lock for N processes: N - 1 rooms, each of which keeps the last to come in waiting.

   After G. L. Peterson, Myths about the mutual exclusion problem, Information Processing Letters 12(3), 1981.
   Each assignment to a shared variable is a step of its own; a process that has to wait is blocked. */

#ifndef N
#define N 3
#endif

byte level[N];      /* 0: outside; else the room that the process is in or on its way into */
byte victim[N];     /* by room, from 1: who came in last; at first process 0 */
byte inside;

#if N == 2
#define OTHERS(p, r) (level[1 - p] < r)
#elif N == 3
#define OTHERS(p, r) (level[(p + 1) % N] < r && level[(p + 2) % N] < r)
#elif N == 4
#define OTHERS(p, r) (level[(p + 1) % N] < r && level[(p + 2) % N] < r && level[(p + 3) % N] < r)
#else
#define OTHERS(p, r) (level[(p + 1) % N] < r && level[(p + 2) % N] < r && level[(p + 3) % N] < r \
	&& level[(p + 4) % N] < r)
#endif
#define MAY_GO_ON(p, r) (victim[r] != p || OTHERS(p, r))

active [N] proctype process()
{
	byte room;
outside:
	room = 1;
compete:
	level[_pid] = room;
	victim[room] = _pid;
	if
	:: d_step { (room < N - 1 && MAY_GO_ON(_pid, room)) -> room = room + 1 }
	   goto compete
	:: d_step { (room == N - 1 && MAY_GO_ON(_pid, room)) -> room = 0; inside = inside + 1 }
	fi;
	d_step { assert(inside == 1); inside = inside - 1; level[_pid] = 0 }
	goto outside
}
