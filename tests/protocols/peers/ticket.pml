/* A ticket lock: draw the next number, wait until it is called.  Numbers go round.

   After J. M. Mellor-Crummey and M. L. Scott, Algorithms for scalable synchronization on shared-memory
   multiprocessors, ACM Transactions on Computer Systems 9(1), 1991.  Drawing a number is one atomic step. */

#ifndef N
#define N 3
#endif

byte next_ticket;
byte now_serving;
byte inside;

active [N] proctype process()
{
	byte mine;      /* 0 unless it waits */
	do
	:: d_step { mine = next_ticket; next_ticket = (next_ticket + 1) % N };
	   d_step { (now_serving == mine) -> mine = 0; inside = inside + 1 };
	   d_step { assert(inside == 1); inside = inside - 1; now_serving = (now_serving + 1) % N }
	od
}
