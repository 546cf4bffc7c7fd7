/* The parts of the sync client know one another through this; nobody else includes it. */
#ifndef TB_CORE_SYNC_CLIENT_PARTS_H
#define TB_CORE_SYNC_CLIENT_PARTS_H

#include "core/sync/client.h"
#include "core/wire/rpc.h"

#define CLIENT_PAUSE_MS 1000
#define CLIENT_PAUSE_MAX_MS 60000

void client_act(struct tb_client *c, const struct tb_client_action *action);

/* Ends a message that was begun in config.out and sends it. */
void client_send(struct tb_client *c, struct tb_json_writer *w);

/* The empty buffer that the next message is built in. */
struct tb_buf *client_out(struct tb_client *c);

/* Gives the connection up; code is static. */
void client_fail(struct tb_client *c, const char *code);

uint32_t client_ticket(struct tb_client *c); /* never 0 */
int64_t client_request(struct tb_client *c);

/* client_stream.c: mutations out, verdicts in. */
void stream_begin(struct tb_client *c, int64_t server_decided_seq);
void stream_end(struct tb_client *c);
void stream_pump(struct tb_client *c);
void stream_tick(struct tb_client *c);
int64_t stream_deadline_ms(const struct tb_client *c);
void stream_verdicts(struct tb_client *c, struct tb_json params);

/* client_feed.c: feeds. */
void feeds_begin(struct tb_client *c, bool epoch_changed);
void feeds_end(struct tb_client *c);
void feeds_pump(struct tb_client *c);
int64_t feeds_deadline_ms(const struct tb_client *c);
bool feed_is_saving(const struct tb_client_feed *feed);
bool feeds_response(struct tb_client *c, const struct tb_rpc *rpc); /* false: not a feed's */
void feeds_rows(struct tb_client *c, struct tb_json params);

/* client_ask.c: look-ups. */
bool asks_response(struct tb_client *c, const struct tb_rpc *rpc); /* false: not theirs */
void asks_end(struct tb_client *c);
void asks_tick(struct tb_client *c);

/* client_check.c: checksums. */
void check_begin(struct tb_client *c, bool epoch_changed);
void check_end(struct tb_client *c);
void check_pump(struct tb_client *c);
int64_t check_deadline_ms(const struct tb_client *c);
bool check_response(struct tb_client *c, const struct tb_rpc *rpc); /* false: not its */
/* A partition was read to its end, or will not be. */
void check_partition_done(struct tb_client *c, const struct tb_scope *scope, bool refused);
void check_forget(struct tb_client *c);

#endif
