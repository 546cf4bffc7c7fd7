#include "agent/app/pos/typing.h"

#include "agent/app/agent.h"
#include "core/base/wipe.h"
#include "core/link/typing.h"
#include "host/log/log.h"

#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define AGAIN_MS 5000

static bool is_on(const struct tb_agent *agent)
{
    return agent->config.typing_layout != 0;
}

static void typist_start(struct tb_agent *agent);

static void link_close(struct tb_typing *t)
{
    if (t->fd > 0)
        (void)close(t->fd);
    t->fd = 0;
}

static void again_due(struct tb_timer *timer)
{
    typist_start(timer->context);
}

static void again_later(struct tb_agent *agent)
{
    agent->typing.again.context = agent;
    tb_timer_set(agent->loop, &agent->typing.again, AGAIN_MS, again_due);
}

/* It says on standard error why. */
static void typist_ended(struct tb_child *child, int wait_status)
{
    struct tb_agent *agent = child->context;
    tb_log(TB_LOG_WARN, TB_EVENT("typing", "ended"), tb_log_int("status", wait_status));
    link_close(&agent->typing);
    again_later(agent);
}

static void typist_start(struct tb_agent *agent)
{
    struct tb_typing *t = &agent->typing;
    char program[TB_PATH_SIZE + 32];
    int ends[2];
    const char *argv[] = {program, agent->config.typing_device,
                          tb_agent_typing_layouts[agent->config.typing_layout], NULL};
    enum tb_err err = tb_agent_program_find("", "tillbridge-typist", program, sizeof program);
    if (err == TB_OK && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        err = TB_ERR_IO;
    if (err == TB_OK) {
        const struct tb_child_spec spec = {.path = program, .argv = argv, .link_fd = ends[1]};
        t->child.context = agent;
        err = tb_child_start(agent->loop, &t->child, &spec, typist_ended);
        (void)close(ends[1]);
        if (err == TB_OK)
            t->fd = ends[0];
        else
            (void)close(ends[0]);
    }
    if (err == TB_OK)
        return;
    tb_log(TB_LOG_ERROR, TB_EVENT("typing", "not_started"), tb_log_err(err));
    again_later(agent);
}

void tb_typing_start(struct tb_agent *agent)
{
    if (is_on(agent))
        typist_start(agent);
}

void tb_typing_stop(struct tb_agent *agent)
{
    struct tb_typing *t = &agent->typing;
    tb_timer_cancel(&t->again);
    tb_child_end(&t->child);
    link_close(t);
    tb_wipe(t->number, sizeof t->number);
}

static void forget(struct tb_typing *t)
{
    tb_wipe(t->number, sizeof t->number);
    t->size = 0;
    t->attempt = 0;
}

void tb_typing_seen(struct tb_agent *agent, uint64_t attempt, const struct tb_credential *credential)
{
    struct tb_typing *t = &agent->typing;
    bool number = credential->kind == TB_CREDENTIAL_MEMBER || credential->kind == TB_CREDENTIAL_GSRN;
    forget(t);
    if (!is_on(agent) || !number || credential->value_size > sizeof t->number)
        return;
    memcpy(t->number, credential->value, credential->value_size);
    t->size = credential->value_size;
    t->attempt = attempt;
}

/* A typist that does not take it at once is stuck: nobody wants the number a minute later. */
static void number_type(struct tb_agent *agent)
{
    static const char *const endings[] = {
        [TB_TYPING_ENTER] = "\r", [TB_TYPING_TAB] = "\t", [TB_TYPING_NOTHING] = ""};
    struct tb_typing *t = &agent->typing;
    uint8_t bytes[TB_LINK_TYPING_TEXT_MAX + 1];
    struct tb_buf line = tb_buf_of(bytes, sizeof bytes);
    tb_buf_add_str(&line, agent->config.typing_prefix);
    tb_buf_add(&line, tb_span_of(t->number, t->size));
    tb_buf_add_str(&line, endings[agent->config.typing_ending]);
    tb_buf_add_u8(&line, '\n');
    bool sent = line.err == TB_OK && t->fd > 0 &&
                send(t->fd, line.at, line.size, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)line.size;
    if (!sent)
        tb_log(TB_LOG_WARN, TB_EVENT("typing", "not_typed"));
    tb_wipe(bytes, sizeof bytes);
}

void tb_typing_ended(struct tb_agent *agent, const struct tb_identify_action *action)
{
    struct tb_typing *t = &agent->typing;
    if (t->attempt == 0 || action->attempt != t->attempt)
        return;
    if (action->verb == TB_IDENTIFY_OUTCOME && action->outcome == TB_OUTCOME_RECOGNISED &&
        action->reader != TB_AGENT_READER_POS)
        number_type(agent);
    forget(t);
}
