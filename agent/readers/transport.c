#include "agent/readers/transport.h"

#include <stdlib.h>
#include <string.h>

enum { SCANNER_BAUD = 9600, HEAD_BAUD = 115200 };

enum tb_err tb_transport_init(struct tb_transport *t, struct tb_loop *loop, const struct tb_reader_spec *spec,
                              const char *readerd_path)
{
    bool head = spec->kind == TB_READER_HEAD;
    t->loop = loop;
    t->ops = head ? &tb_transport_serial : &tb_transport_process;
    t->kind = spec->kind;
    t->baud = spec->baud ? spec->baud : head ? HEAD_BAUD : SCANNER_BAUD;
    t->layout = spec->layout ? spec->layout : "us";
    t->identified = spec->identified;
    t->program = strdup(spec->program ? spec->program : readerd_path);
    t->device = strdup(spec->device);
    return t->program && t->device ? TB_OK : TB_ERR_NO_MEMORY;
}

void tb_transport_clear(struct tb_transport *t)
{
    if (t->ops)
        t->ops->close(t);
    free(t->device);
    free(t->program);
    t->device = t->program = NULL;
}
