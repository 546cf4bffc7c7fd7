#include "agent/app/people/people_desk.h"

#include "agent/app/agent.h"
#include "agent/app/people/signups.h"

const struct tb_request_method tb_people_methods[TB_PEOPLE_METHOD_COUNT] = {
    {"operator.leave", tb_operators_leave},
    {"customer.find", tb_people_find},
    {"customer.open", tb_people_open},
    {"customer.create", tb_signups_create},
    {"credential.list", tb_people_credentials},
    {"credential.capture", tb_captures_begin},
    {"credential.capture_end", tb_captures_end},
    {"credential.block", tb_people_block},
    {"note.add", tb_people_note_add},
    {"note.remove", tb_people_note_remove},
    {"visit.choose", tb_choices_choose},
};
