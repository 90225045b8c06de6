/* The alternating-bit protocol: messages over a line that loses them, each with one bit and repeated until the
   bit comes back.

   After K. A. Bartlett, R. A. Scantlebury, P. T. Wilkinson, A note on reliable full-duplex transmission over
   half-duplex links, Communications of the ACM 12(5), 1969.  Each direction holds one message at most.  The data
   are one bit, so that a message delivered twice or not at all shows. */

chan forward = [1] of { bit, bit };     /* alternating bit, datum */
chan back = [1] of { bit };

bit sending;            /* the sender's alternating bit */
bit datum;              /* what it is sending */
bit expected;           /* the receiver's alternating bit */
bit delivered;          /* the last datum that it handed on */
bit answering;          /* it owes an acknowledgement */

active proctype line()
{
end:
	do
	/* the sender sends, once or again */
	:: d_step { nfull(forward) -> forward!sending, datum }
	/* the sender is told that it arrived, and chooses the next datum */
	:: d_step { back?[eval(sending)] -> back?_; sending = 1 - sending; datum = 0 }
	:: d_step { back?[eval(sending)] -> back?_; sending = 1 - sending; datum = 1 }
	/* the sender is told what it knows */
	:: d_step { back?[eval(1 - sending)] -> back?_ }
	/* the receiver takes what it expects */
	:: d_step { (!answering && forward?[eval(expected), 0]) -> forward?_, _;
		assert(datum == 0); delivered = 0; expected = 1 - expected; answering = 1 }
	:: d_step { (!answering && forward?[eval(expected), 1]) -> forward?_, _;
		assert(datum == 1); delivered = 1; expected = 1 - expected; answering = 1 }
	/* the receiver takes what it has already */
	:: d_step { (!answering && (forward?[eval(1 - expected), 0] || forward?[eval(1 - expected), 1])) ->
		forward?_, _; answering = 1 }
	/* the receiver acknowledges the last one it took */
	:: d_step { (answering && nfull(back)) -> back!(1 - expected); answering = 0 }
	/* the line loses */
	:: d_step { nempty(forward) -> forward?_, _ }
	:: d_step { nempty(back) -> back?_ }
	od
}
