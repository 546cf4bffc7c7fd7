/*
 * Outbox and verdicts: what a client stored is decided by the store exactly once, and the client hears of
 * it, however often the line breaks and the client starts anew (docs/protocol.md, "Beginning", "Mutations").
 *
 * Seqs 1 to STORED_MAX. What was sent on an earlier connection may still reach the store; verdicts on it
 * reach nobody. BUG: after a reconnect the client goes on behind what the store decided, and never hears of
 * what it decided last.
 */
#define STORED_MAX 3
#define BREAK_MAX 3
#define WINDOW 2

chan up = [WINDOW] of { byte, byte };   /* connection, seq */
chan down = [WINDOW] of { byte, byte }; /* connection, seq that is decided */

byte stored;      /* the client's, durable */
byte heard;       /* verdicts up to here are in the outbox, durable */
byte sent;        /* the client's, of this connection */
byte connection;
byte breaks;
byte decided;     /* the store's, durable */
byte applied[STORED_MAX + 1];

/* hello: the store tells what it has decided. */
inline connect() {
    connection++;
#ifdef BUG
    sent = decided;
#else
    sent = (decided < heard -> decided : heard);
#endif
}

active proctype client() {
    byte from, seq;
    atomic { connect() }
    do
    :: atomic { stored < STORED_MAX -> stored++ }
    :: atomic { sent < stored && nfull(up) -> sent++; up!connection, sent }
    :: atomic { nempty(down) ->
           down?from, seq;
           if
           :: from == connection && seq == heard + 1 -> heard = seq
           :: from == connection && seq <= heard -> skip /* a repeated one */
           :: from != connection -> skip
           fi
       }
    :: atomic { breaks < BREAK_MAX -> breaks++; connect() } /* the line, or the client with all that is not durable */
    :: atomic { heard == STORED_MAX -> break }
    od
}

/* One transaction: the decision and its verdict's place in the stream. */
inline decide() {
    if
    :: seq == decided + 1 ->
        applied[seq]++;
        assert(applied[seq] == 1);
        decided = seq;
        down!from, seq
    :: seq <= decided -> down!from, seq
    :: seq > decided + 1 -> assert(from != connection) /* only what is lost with its line leaves a gap */
    fi
}

active proctype store() {
    byte from, seq;
end:
    do
    :: atomic { nempty(up) && nfull(down) ->
           up?from, seq;
           if
           :: true -> decide()
           :: from != connection -> skip /* lost with its line */
           fi
       }
    od
}
