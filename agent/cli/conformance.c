/* conformance: a program of its own beside this one, because it is an agent and a POS itself (docs/pos.md).
 */
#include "agent/cli/cli.h"

#include <libgen.h>
#include <stdio.h>
#include <unistd.h>

enum { PATH_SIZE = 1024 };

enum tb_cli_exit tb_cli_conformance_exec(const struct tb_cli *cli, char **argv)
{
    char self[PATH_SIZE];
    char path[PATH_SIZE + 32];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    if (size > 0) {
        self[size] = '\0';
        (void)snprintf(path, sizeof path, "%s/tillbridge-conformance", dirname(self));
        execv(path, argv);
    }
    return tb_cli_fail(cli, TB_CLI_FAILED, "not_installed", "tillbridge-conformance is not installed");
}

enum tb_cli_exit tb_cli_conformance(const struct tb_cli *cli)
{
    return tb_cli_fail(cli, TB_CLI_USAGE, "usage",
                       "options stand behind conformance: tillbridge conformance --help");
}
