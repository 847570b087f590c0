/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Reading a secret. */

#include "ctl/secret.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "ctl/ctl.h"

typedef struct {
        char *bytes;
        gsize size; /* of the buffer */
        gsize len;
} Secret;

static void secret_free(gpointer user_data)
{
        Secret *secret = user_data;

        if (secret->bytes)
                explicit_bzero(secret->bytes, secret->size);
        g_free(secret->bytes);
        g_free(secret);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Secret, secret_free)

/* Up to the end of the input, of the line when it is typed, or of the buffer. */
static bool read_all(Secret *secret, bool is_line, GError **error)
{
        while (secret->len < secret->size) {
                ssize_t n =
                        read(STDIN_FILENO, secret->bytes + secret->len, secret->size - secret->len);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0) {
                        g_set_error(error, IC_ERROR, IC_ERROR_FAILED,
                                _("cannot read the secret: %s"), g_strerror(errno));
                        return false;
                }
                secret->len += (gsize) n;
                if (n == 0 || (is_line && secret->bytes[secret->len - 1] == '\n'))
                        return true;
        }
        return true;
}

/* Waits for a typed line, or for a signal; that one stays pending. */
static void wait_for_line(const sigset_t *signals)
{
        g_auto(IcFd) signal_fd = signalfd(-1, signals, SFD_CLOEXEC);
        struct pollfd pollers[] = {
                {.fd = STDIN_FILENO, .events = POLLIN},
                {.fd = signal_fd, .events = POLLIN},
        };

        (void) poll(pollers, G_N_ELEMENTS(pollers), -1);
}

/* A signal that ends or stops us takes effect when the terminal shows again what is typed. */
static bool ask(Secret *secret, const char *prompt, GError **error)
{
        static const int ending[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
        struct termios shown, hidden;
        sigset_t signals, before;

        if (tcgetattr(STDIN_FILENO, &shown) < 0) {
                g_set_error(error, IC_ERROR, IC_ERROR_FAILED, _("cannot hide what is typed: %s"),
                        g_strerror(errno));
                return false;
        }
        hidden = shown;
        hidden.c_lflag &= ~(tcflag_t) ECHO;
        sigemptyset(&signals);
        for (gsize i = 0; i < G_N_ELEMENTS(ending); i++)
                sigaddset(&signals, ending[i]);
        (void) sigprocmask(SIG_BLOCK, &signals, &before);
        (void) tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
        fputs(prompt, stderr);
        wait_for_line(&signals);
        (void) tcsetattr(STDIN_FILENO, TCSADRAIN, &shown);
        fputc('\n', stderr);
        (void) sigprocmask(SIG_SETMASK, &before, NULL);
        return read_all(secret, true, error);
}

GBytes *ctl_read_secret(const char *prompt, bool may_ask, gsize max, GError **error)
{
        g_autoptr(Secret) secret = g_new0(Secret, 1);
        Secret *owned;
        bool is_terminal = isatty(STDIN_FILENO);

        if (is_terminal && !may_ask) {
                g_set_error_literal(error, CTL_ERROR, CTL_ERROR_USAGE,
                        _("the secret must come on standard input with --no-ask-password"));
                return NULL;
        }
        secret->size = max + 2; /* a newline, and one to see that there is more */
        secret->bytes = g_malloc0(secret->size);
        if (!(is_terminal ? ask(secret, prompt, error) : read_all(secret, false, error)))
                return NULL;
        if (secret->len > 0 && secret->bytes[secret->len - 1] == '\n')
                secret->len--;
        if (secret->len > max) {
                g_set_error(error, IC_ERROR, IC_ERROR_TOO_LONG,
                        _("the secret is longer than %zu bytes"), max);
                return NULL;
        }
        if (secret->len == 0) {
                g_set_error_literal(error, IC_ERROR, IC_ERROR_INVALID_VALUE,
                        _("the secret is empty; 'ircctl remove-credential' removes one"));
                return NULL;
        }
        owned = g_steal_pointer(&secret);
        return g_bytes_new_with_free_func(owned->bytes, owned->len, secret_free, owned);
}
