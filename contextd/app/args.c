#include "contextd/app/args.h"

#include "core/base/text.h"
#include "host/system/system.h"
#include "host/system/words.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void args_init(struct args *a, int count, char **argv)
{
    memset(a, 0, sizeof *a);
    a->argv = argv;
    a->count = count;
    if (count > ARGS_MAX) {
        (void)fprintf(stderr, "contextd: more than %d arguments\n", ARGS_MAX);
        a->failed = true;
        a->count = 0;
    }
}

static int option_find(const struct args *a, const char *name)
{
    for (int i = 0; i < a->count; i++) {
        if (!a->taken[i] && strcmp(a->argv[i], name) == 0)
            return i;
    }
    return -1;
}

const char *args_option(struct args *a, const char *name)
{
    int at = option_find(a, name);
    if (at < 0)
        return NULL;
    if (at + 1 >= a->count || a->taken[at + 1]) {
        (void)fprintf(stderr, "contextd: %s needs a value\n", name);
        a->failed = true;
        a->taken[at] = true;
        return NULL;
    }
    a->taken[at] = a->taken[at + 1] = true;
    return a->argv[at + 1];
}

const char *args_needed(struct args *a, const char *name)
{
    const char *value = args_option(a, name);
    if (value == NULL && !a->failed) {
        (void)fprintf(stderr, "contextd: %s is missing\n", name);
        a->failed = true;
    }
    return value;
}

static void path_refuse(struct args *a, const char *name, const char *path, enum tb_err err)
{
    (void)fprintf(stderr, "contextd: %s %s: %s (%s)\n", name, path, tb_err_words(err), tb_err_name(err));
    a->failed = true;
}

const char *args_source(struct args *a, const char *name)
{
    const char *path = args_needed(a, name);
    if (path != NULL && access(path, R_OK) != 0)
        path_refuse(a, name, path, tb_err_of_errno(errno));
    return path;
}

const char *args_target(struct args *a, const char *name)
{
    char folder[PATH_MAX];
    const char *path = args_needed(a, name);
    if (path == NULL)
        return NULL;
    (void)snprintf(folder, sizeof folder, "%s", path);
    if (access(dirname(folder), W_OK) != 0)
        path_refuse(a, name, path, tb_err_of_errno(errno));
    return path;
}

int64_t args_number(struct args *a, const char *name, int64_t preset, int64_t min, int64_t max)
{
    const char *text = args_option(a, name);
    if (text == NULL)
        return preset;
    bool negative = text[0] == '-';
    uint64_t value = 0;
    enum tb_err err = tb_decimal_decode(tb_span_str(text + negative), INT64_MAX, &value);
    int64_t number = negative ? -(int64_t)value : (int64_t)value;
    if (err != TB_OK || number < min || number > max) {
        (void)fprintf(stderr, "contextd: %s takes a whole number from %lld to %lld\n", name, (long long)min,
                      (long long)max);
        a->failed = true;
        return preset;
    }
    return number;
}

bool args_flag(struct args *a, const char *name)
{
    int at = option_find(a, name);
    if (at >= 0)
        a->taken[at] = true;
    return at >= 0;
}

const char *args_word(struct args *a)
{
    for (int i = 0; i < a->count; i++) {
        if (a->taken[i] || strncmp(a->argv[i], "--", 2) == 0)
            continue;
        a->taken[i] = true;
        return a->argv[i];
    }
    return NULL;
}

bool args_end(struct args *a)
{
    for (int i = 0; i < a->count && !a->failed; i++) {
        if (a->taken[i])
            continue;
        (void)fprintf(stderr, "contextd: %s is not understood here\n", a->argv[i]);
        a->failed = true;
    }
    return !a->failed;
}
