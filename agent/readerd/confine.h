/*
 * What a process that owns a device gives up before it opens it: core files, new privileges, descriptors that
 * it was not meant to have, and a life after the agent. One thread, at the start.
 */
#ifndef TB_AGENT_READERD_CONFINE_H
#define TB_AGENT_READERD_CONFINE_H

#include <stdbool.h>

/* The agent has given the reader link, on PORT_LINK_FD. */
bool confine_link_is_there(void);

/* False: errno says why. */
bool confine(void);

#endif
