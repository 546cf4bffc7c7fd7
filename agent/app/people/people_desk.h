/*
 * People desk: the methods of the clerk's pages about people (docs/protocol.md, "Local page API").
 */
#ifndef TB_AGENT_APP_PEOPLE_PEOPLE_DESK_H
#define TB_AGENT_APP_PEOPLE_PEOPLE_DESK_H

#include "agent/app/request.h"

#define TB_PEOPLE_METHOD_COUNT 11

extern const struct tb_request_method tb_people_methods[TB_PEOPLE_METHOD_COUNT];

#endif
