/*
 * The lease of a checkout: two tills and a cart with one line of one piece. While one till's lease runs, the
 * store gives the other none; a sale is never held up nor refused; a line that was paid twice is reported
 * (docs/protocol.md, "checkout.claim", "checkout.finish").
 *
 * A tick is 40 s of the store's time: a lease lasts three, and is renewed at each while the line is up. What
 * a till has sold waits in its outbox and reaches the store some time, perhaps twice. BUG: a finish without
 * a claim is booked as if nobody else had paid.
 */
#define TILLS 2
#define LEASE_TICKS 3
#define TICK_MAX 6

#define NOBODY 2

byte now;
byte holder = NOBODY;  /* the store's */
byte until;            /* the lease ends before this tick */
byte sales;            /* booked by the store, each once */
byte reported;         /* double sales that people are told of */
bool sold[TILLS];      /* at the till: the customer has paid there */
byte lease[TILLS];     /* the till's: its own lease ends before this tick of the store */
bool claimed[TILLS];   /* it was given one before it sold */
bool booked[TILLS];    /* the store knows the sale's key */
byte twice[TILLS];     /* how often the outbox sent it */
bool closed[TILLS];

#define RUNS(till) (holder == (till) && now < until)

/* Till by till: once it is over for both, all must add up. */
active [TILLS] proctype till() {
    byte me = _pid;
    byte other = 1 - _pid;
    do
    :: atomic { !sold[me] -> /* claim, or renew */
           if
           :: RUNS(other) -> skip /* rejected: cart_claimed */
           :: !RUNS(other) && !(booked[other]) ->
               assert(now >= lease[other]); /* nobody else counts on one */
               holder = me;
               until = now + LEASE_TICKS;
               lease[me] = until;
               claimed[me] = true
           :: booked[other] -> break /* the line is gone from the cart: nothing to pay */
           fi
       }
    :: atomic { !sold[me] -> sold[me] = true } /* the line may be up or down: it is sold */
    :: atomic { !sold[me] -> break }           /* the customer walks away; the lease runs out */
    :: atomic { !sold[me] && holder == me -> holder = NOBODY; lease[me] = 0 } /* release */
    :: atomic { sold[me] && twice[me] < 2 -> /* finish reaches the store */
           twice[me]++;
           if
           :: booked[me] -> skip /* the same key: nothing is done twice */
           :: else ->
               booked[me] = true;
               sales++;
               if
#ifdef BUG
               :: booked[other] && claimed[me] -> reported++
               :: booked[other] && !claimed[me] -> skip
#else
               :: booked[other] -> reported++ /* applied, conflict double_sale */
#endif
               :: !booked[other] -> skip
               fi;
               if
               :: holder == me -> holder = NOBODY; lease[me] = 0
               :: else -> skip
               fi
           fi
       }
    :: atomic { sold[me] && booked[me] -> break }
    od;
    closed[me] = true
}

active proctype clock() {
end:
    do
    :: atomic { now < TICK_MAX -> now++ }
    od
}

active proctype book() {
    closed[0] && closed[1];
    assert(sales == sold[0] + sold[1]);
    assert(reported == (sales == 2 -> 1 : 0))
}
