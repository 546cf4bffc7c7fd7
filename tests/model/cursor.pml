/*
 * Cursor and rows: a client that keeps a cursor has every row up to it, however its saves fail, its line
 * breaks and its power is cut, and at rest it has them all (docs/protocol.md, "Feeds").
 *
 * The store makes changes 1 to CHANGE_MAX; a feed message covers one change. Two messages are being saved at
 * most. A failed save fails those behind it until the first of a feed that was opened anew. BUG: a save
 * behind a failed one is written.
 */
#define CHANGE_MAX 4
#define SAVING_MAX 2
#define FAULT_MAX 4

chan saves = [SAVING_MAX] of { byte, bool }; /* change, first of its feed */

byte changes;
byte rows;     /* durable: bit n - 1 is change n */
byte cursor;   /* durable, in one transaction with rows */
byte read;     /* what the open feed was read up to */
bool first;
bool failed;   /* the feed's last save did, and no first one came since */
bool reopen;   /* the machine has to open the feed again */
byte faults;

#define ALL_UP_TO(n) ((1 << (n)) - 1)

inline feed_open() {
    read = cursor;
    first = true;
    reopen = false;
}

active proctype store() {
end:
    do
    :: atomic { changes < CHANGE_MAX -> changes++ }
    od
}

/* The client's file: one save after the other. */
active proctype disk() {
    byte change;
    bool is_first;
end:
    do
    :: atomic { saves?change, is_first ->
           if
           :: faults < FAULT_MAX -> faults++; failed = true; reopen = true
#ifdef BUG
           :: true ->
#else
           :: !failed || is_first ->
#endif
               failed = false;
               rows = rows | (1 << (change - 1));
               cursor = change
           :: failed && !is_first -> reopen = true
           fi;
           assert((rows & ALL_UP_TO(cursor)) == ALL_UP_TO(cursor))
       }
    od
}

active proctype client() {
    atomic { feed_open() }
    do
    :: atomic { !reopen && read < changes && nfull(saves) -> read++; saves!read, first; first = false }
    :: atomic { reopen && empty(saves) -> feed_open() }
    :: atomic { faults < FAULT_MAX -> faults++; reopen = true }             /* the line */
    :: atomic { faults < FAULT_MAX -> faults++;                             /* the power: what waits is lost */
           do
           :: nempty(saves) -> saves?_, _
           :: empty(saves) -> break
           od;
           failed = false;
           feed_open()
       }
    :: atomic { changes == CHANGE_MAX && cursor == CHANGE_MAX && !reopen && empty(saves) -> break }
    od;
    assert(rows == ALL_UP_TO(CHANGE_MAX))
}
