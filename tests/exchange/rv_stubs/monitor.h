/* SPDX-License-Identifier: MIT */
/*
 * What a generated monitor needs of a kernel, so that it compiles and runs in a test: a task that has a state, and
 * tracepoints that are only names.
 */
#ifndef CUSTODY_MONITOR_H
#define CUSTODY_MONITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct task_struct {
    unsigned int state;
    bool violated;
};

struct rv_monitor {
    const char *name;
    const char *description;
    bool enabled;
    int (*enable)(void);
    void (*disable)(void);
    void (*reset)(void);
};

typedef void (*handler_t)(void *data, struct task_struct *task);

struct probe {
    const char *event;
    handler_t handler;
};

extern struct rv_monitor *the_monitor;
extern struct probe probes[64];
extern int probe_count;

#define __init
#define __exit
#define MODULE_LICENSE(text)
#define MODULE_AUTHOR(text)
#define MODULE_DESCRIPTION(text)
#define module_init(function) \
    int begin_module(void)    \
    {                         \
        return function();    \
    }
#define module_exit(function) \
    void end_module(void)     \
    {                         \
        function();           \
    }
#define rv_register_monitor(monitor) (the_monitor = (monitor))
#define rv_unregister_monitor(monitor) ((void)(monitor))
#define rv_attach_trace_probe(monitor, event, handler) (probes[probe_count++] = (struct probe){#event, handler})
#define rv_detach_trace_probe(monitor, event, handler) ((void)(handler))

#define DECLARE_DA_MON_PER_TASK(name, type)                                                                 \
    static int da_monitor_init_##name(void)                                                                 \
    {                                                                                                       \
        return 0;                                                                                           \
    }                                                                                                       \
    static void da_monitor_destroy_##name(void)                                                             \
    {                                                                                                       \
    }                                                                                                       \
    static void da_monitor_reset_all_##name(void)                                                           \
    {                                                                                                       \
    }                                                                                                       \
    static inline void da_handle_event_##name(struct task_struct *task, enum events_##name event)           \
    {                                                                                                       \
        type next = automaton_##name.function[task->state][event];                                          \
        if (next == state_max_##name)                                                                       \
            task->violated = true;                                                                          \
        else                                                                                                \
            task->state = next;                                                                             \
    }                                                                                                       \
    static inline void da_handle_start_event_##name(struct task_struct *task, enum events_##name event)     \
    {                                                                                                       \
        da_handle_event_##name(task, event);                                                                \
    }                                                                                                       \
    static inline void da_handle_start_run_event_##name(struct task_struct *task, enum events_##name event) \
    {                                                                                                       \
        da_handle_event_##name(task, event);                                                                \
    }                                                                                                       \
    unsigned int first_state(void)                                                                          \
    {                                                                                                       \
        return automaton_##name.initial_state;                                                              \
    }

#endif
