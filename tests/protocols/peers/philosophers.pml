/* N philosophers at a round table with a fork between each two.

   After E. W. Dijkstra, Hierarchical ordering of sequential processes, Acta Informatica 1, 1971.  Each takes the fork
   on the left, then the one on the right, and puts them back in the opposite order.  With POLITE the first
   philosopher takes the right one first, and nothing can get stuck. */

#ifndef N
#define N 3
#endif

#ifdef POLITE
#define TURNED (_pid == 0)
#else
#define TURNED false
#endif

#define LEFT _pid
#define RIGHT ((_pid + 1) % N)
#define FIRST (TURNED -> RIGHT : LEFT)
#define SECOND (TURNED -> LEFT : RIGHT)

bit taken[N];           /* fork p is on the left of philosopher p */

active [N] proctype philosopher()
{
	do
	:: d_step { !taken[FIRST] -> taken[FIRST] = 1 };
	   d_step { !taken[SECOND] -> taken[SECOND] = 1 };
	   taken[SECOND] = 0;
	   taken[FIRST] = 0
	od
}
