/*
 * Reader ask: what the command line asks about readers (docs/protocol.md, "Command line socket"): the list
 * at once, self-test, counters and the steps of an update when the reader has answered.
 *
 * A question waits for TB_READER_ASK_MS at most, less than the command line does, and ends with an error
 * when its reader is lost. A client that goes away takes its questions along. Loop's thread only.
 * Limit: TB_READER_ASKS_MAX questions at once.
 */
#ifndef TB_AGENT_APP_CONSOLE_READER_ASK_H
#define TB_AGENT_APP_CONSOLE_READER_ASK_H

#include "agent/app/request.h"
#include "agent/readers/readers.h"

#define TB_READER_ASKS_MAX 8
#define TB_READER_ASK_MS 2500

struct tb_reader_ask {
    struct tb_request from;            /* its params are gone; from.agent NULL: free */
    enum tb_reader_event_kind awaited; /* SELFTEST, STATS or UPDATE */
    uint8_t reader;
    uint8_t request;
    struct tb_timer timer;
};

/* Methods of the command line's desk. */
void tb_reader_ask_list(struct tb_request *r);
void tb_reader_ask_selftest(struct tb_request *r);
void tb_reader_ask_stats(struct tb_request *r);
void tb_reader_ask_update_begin(struct tb_request *r);
void tb_reader_ask_update_block(struct tb_request *r);
void tb_reader_ask_update_end(struct tb_request *r);

/*
 * The reader that params name by "reader": its number, from 1 on, or its name. False: there is none, and the
 * asker was told.
 */
bool tb_reader_ask_which(struct tb_request *r, unsigned *ret_index);

/* Readers' events: answers, and readers that were lost. */
void tb_reader_ask_event(struct tb_agent *agent, const struct tb_reader_event *event);

void tb_reader_ask_closed(struct tb_agent *agent, uint32_t client);
void tb_reader_ask_stop(struct tb_agent *agent);

#endif
