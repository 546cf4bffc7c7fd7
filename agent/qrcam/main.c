/*
 * tillbridge-qrcam: owns one camera and tells the agent which codes it sees, on descriptor 3, as
 * tillbridge-readerd does for other devices. A program of its own, because what decodes pictures brings
 * libraries that no till without a camera needs.
 */
#include "agent/qrcam/camera.h"
#include "agent/readerd/confine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 2 };

int main(int argc, char **argv)
{
    bool identified = argc == 4 && strcmp(argv[3], "aim") == 0;
    if (argc < 3 || argc > 4 || strcmp(argv[1], "camera") != 0 || (argc == 4 && !identified) ||
        !confine_link_is_there()) {
        (void)fputs("usage: tillbridge-qrcam camera <path> [aim]\n"
                    "It is started by tillbridged with the reader link on descriptor 3.\n",
                    stderr);
        return EXIT_USAGE;
    }
    if (!confine()) {
        perror("tillbridge-qrcam");
        return EXIT_FAILURE;
    }
    camera_run(argv[2], identified);
}
