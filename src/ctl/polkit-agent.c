/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* pkttyagent(1), which registers itself for our process and steps back behind a desktop's agent. */

#include "ctl/polkit-agent.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/descriptor.h"

#define AGENT "pkttyagent"
#define START_MSEC 2000 /* for it to register; without it the call is simply refused */

struct CtlPolkitAgent {
        pid_t pid;
};

static bool is_of_use(const Ctl *ctl)
{
        return ctl->may_ask_password && ctl->scope == IC_SCOPE_SYSTEM && !ctl->host &&
               !ctl->machine && geteuid() != 0 && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

CtlPolkitAgent *ctl_polkit_agent_start(const Ctl *ctl)
{
        g_auto(IcFd) ready = -1, notify = -1;
        g_autofree char *notify_text = NULL;
        CtlPolkitAgent *agent;
        GPid pid;
        int pipe_fds[2];

        if (!is_of_use(ctl) || !g_unix_open_pipe(pipe_fds, FD_CLOEXEC, NULL))
                return NULL;
        ready = pipe_fds[0];
        notify = pipe_fds[1];
        notify_text = g_strdup_printf("%d", notify);
        if (!g_spawn_async_with_pipes_and_fds(NULL,
                    (const char *const[]){AGENT, "--notify-fd", notify_text, "--fallback", NULL},
                    NULL,
                    G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_CHILD_INHERITS_STDIN,
                    NULL, NULL, -1, -1, -1, &notify, &notify, 1, &pid, NULL, NULL, NULL, NULL))
                return NULL;
        ic_fd_clear(&notify);
        /* It closes its end when it is there, and so does its death. */
        (void) poll(&(struct pollfd){.fd = ready, .events = POLLIN}, 1, START_MSEC);
        agent = g_new(CtlPolkitAgent, 1);
        agent->pid = pid;
        return agent;
}

void ctl_polkit_agent_stop(CtlPolkitAgent *agent)
{
        if (!agent)
                return;
        (void) kill(agent->pid, SIGTERM);
        (void) kill(agent->pid, SIGCONT);
        while (waitpid(agent->pid, NULL, 0) < 0 && errno == EINTR)
                ;
        g_free(agent);
}
