/* Replays a corpus through a fuzz target without libFuzzer: every file, and every prefix of it. */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INPUT_SIZE_MAX = 1 << 20, PREFIX_COUNT_MAX = 512 };

/* Each input is a block of its own, so that the sanitizer sees a read past its end. */
static void input_run(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (copy == NULL)
        abort();
    memcpy(copy, data, size);
    (void)LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static int file_replay(const char *path)
{
    static uint8_t data[INPUT_SIZE_MAX];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return 1;
    }
    size_t size = fread(data, 1, sizeof data, file);
    (void)fclose(file);
    for (size_t prefix = 0; prefix < size && prefix < PREFIX_COUNT_MAX; prefix++)
        input_run(data, prefix);
    input_run(data, size);
    return 0;
}

static int folder_replay(DIR *folder, const char *path)
{
    int file_count = 0;
    int failed = 0;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        char file[4096];
        if (entry->d_name[0] == '.')
            continue;
        if ((size_t)snprintf(file, sizeof file, "%s/%s", path, entry->d_name) >= sizeof file)
            return 1;
        failed |= file_replay(file);
        file_count++;
    }
    (void)printf("%d inputs replayed\n", file_count);
    return failed || file_count == 0;
}

int main(int argc, char **argv)
{
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    if (folder == NULL) {
        (void)fprintf(stderr, "usage: %s <corpus folder>\n", argv[0]);
        return 2;
    }
    int failed = folder_replay(folder, argv[1]);
    (void)closedir(folder);
    return failed;
}
