/* SPDX-License-Identifier: MIT */
/* Reads words, one a line with spaces between the events, and says of each whether the monitor lets it pass. */
#include <monitor.h>
#include <stdio.h>

struct rv_monitor *the_monitor;
struct probe probes[64];
int probe_count;

int begin_module(void);
unsigned int first_state(void);

static int passes(char *line)
{
    struct task_struct task = {.state = first_state()};
    char *word = strtok(line, " \n");

    for (; word; word = strtok(NULL, " \n")) {
        int at = 0;

        while (at < probe_count && strcmp(probes[at].event, word))
            at++;
        if (at == probe_count)
            return 0;
        probes[at].handler(NULL, &task);
        if (task.violated)
            return 0;
    }
    return 1;
}

int main(void)
{
    char line[4096];

    if (begin_module() || !the_monitor || the_monitor->enable())
        return 2;
    while (fgets(line, sizeof(line), stdin))
        puts(passes(line) ? "yes" : "no");
    return 0;
}
