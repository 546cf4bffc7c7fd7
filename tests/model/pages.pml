/*
 * Pages that share a transaction: a client is told that a page is saved when it is applied, and the commit
 * that lasts comes later or fails. No cursor is ahead of its rows all the same, and at rest the client has them
 * all (host/sqlite/writer.h, lazy jobs; tb_cache_resume()).
 *
 * The store makes changes 1 to CHANGE_MAX; a page covers one change and follows on the one before it. A page
 * is refused when it follows on another cursor than the file's, unless it is from the beginning. BUG: it is
 * not compared.
 */
#define CHANGE_MAX 4
#define SAVING_MAX 2
#define FAULT_MAX 4

chan saves = [SAVING_MAX] of { byte }; /* change; it follows on the one before */

byte changes;
byte rows;         /* in the file as its open transaction sees it: bit n - 1 is change n */
byte cursor;
bool open;         /* a transaction is */
byte saved_rows;   /* then: as they were before it */
byte saved_cursor;
byte told;         /* what the client was told to be saved */
byte read;         /* what the open feed was read up to */
bool lost;         /* the client is still to hear that a transaction was lost */
bool reopen;       /* the machine has to open the feed again */
byte faults;

#define ALL_UP_TO(n) ((1 << (n)) - 1)

inline feed_open() {
    read = told;
    reopen = false;
}

inline begin() {
    if
    :: !open -> saved_rows = rows; saved_cursor = cursor; open = true
    :: else
    fi
}

inline undo() {
    if
    :: open -> rows = saved_rows; cursor = saved_cursor; open = false
    :: else
    fi
}

active proctype store() {
end:
    do
    :: atomic { changes < CHANGE_MAX -> changes++ }
    od
}

/* The client's file: one save after the other, and commits when it likes. */
active proctype disk() {
    byte change;
end:
    do
    :: atomic { saves?change ->
           if
#ifdef BUG
           :: true ->
#else
           :: change == 1 || cursor == change - 1 ->
#endif
               begin();
               rows = rows | (1 << (change - 1));
               cursor = change;
               told = change
           :: change != 1 && cursor != change - 1 -> told = 0; reopen = true
           fi;
           assert((rows & ALL_UP_TO(cursor)) == ALL_UP_TO(cursor))
       }
    :: atomic { open -> open = false }
    :: atomic { open && faults < FAULT_MAX -> faults++; undo(); lost = true }
    od
}

active proctype client() {
    atomic { feed_open() }
    do
    :: atomic { !reopen && read < changes && nfull(saves) -> read++; saves!read }
    :: atomic { lost -> lost = false; told = 0; reopen = true }
    :: atomic { reopen && empty(saves) -> feed_open() }
    :: atomic { faults < FAULT_MAX -> faults++; reopen = true }             /* the line */
    :: atomic { faults < FAULT_MAX -> faults++;                             /* the power: what waits is lost */
           do
           :: nempty(saves) -> saves?_
           :: empty(saves) -> break
           od;
           undo();
           lost = false;
           told = cursor;
           assert((rows & ALL_UP_TO(cursor)) == ALL_UP_TO(cursor));
           feed_open()
       }
    :: atomic { changes == CHANGE_MAX && cursor == CHANGE_MAX && !open && !lost && !reopen && empty(saves) -> break }
    od;
    assert(rows == ALL_UP_TO(CHANGE_MAX))
}
