/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* A session, its host and a scripted server, all in one main loop. */

#include "fixture.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "store/messages.h"

/* --- the server --------------------------------------------------------------------------------
 */

static gboolean on_peer(int fd, GIOCondition condition, gpointer user_data)
{
        Fixture *f = user_data;
        char buffer[4096];
        gssize n = recv(fd, buffer, sizeof buffer, 0);

        if (n > 0) {
                g_string_append_len(f->heard, buffer, n);
                return G_SOURCE_CONTINUE;
        }
        f->peer_closed = true;
        f->peer_source = 0;
        return G_SOURCE_REMOVE;
}

static gboolean on_connection(int fd, GIOCondition condition, gpointer user_data)
{
        Fixture *f = user_data;

        f->peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
        g_assert_cmpint(f->peer, >=, 0);
        f->accepted++;
        f->peer_closed = false;
        f->peer_source = g_unix_fd_add(f->peer, G_IO_IN | G_IO_HUP, on_peer, f);
        return G_SOURCE_CONTINUE;
}

static void listen_on_loopback(Fixture *f)
{
        struct sockaddr_in address = {
                .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t len = sizeof address;

        f->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        g_assert_cmpint(bind(f->listener, (struct sockaddr *) &address, len), ==, 0);
        g_assert_cmpint(listen(f->listener, 5), ==, 0);
        g_assert_cmpint(getsockname(f->listener, (struct sockaddr *) &address, &len), ==, 0);
        f->port = ntohs(address.sin_port);
        f->peer = -1;
        f->listen_source = g_unix_fd_add(f->listener, G_IO_IN, on_connection, f);
}

gboolean on_test_deadline(gpointer user_data)
{
        g_error("Nothing happened in time; the server had heard: %s; events: %s; answers: %s",
                ((Fixture *) user_data)->heard->str, ((Fixture *) user_data)->events->str,
                ((Fixture *) user_data)->answers->str);
        return G_SOURCE_REMOVE;
}

/* The server waits for a line that begins so; what came before it is passed over. */
void expect(Fixture *f, const char *prefix)
{
        g_autofree char *pattern = g_strconcat("\n", prefix, NULL);
        char *at = NULL;

        for (;;) {
                if (g_str_has_prefix(f->heard->str, prefix))
                        at = f->heard->str;
                else if ((at = strstr(f->heard->str, pattern)))
                        at++;
                if (at && strchr(at, '\n'))
                        break;
                RUN_UNTIL(f, strstr(f->heard->str, prefix) &&
                                     strchr(strstr(f->heard->str, prefix), '\n'));
        }
        g_string_erase(f->heard, 0, strchr(at, '\n') + 1 - f->heard->str);
}

void say(Fixture *f, const char *text)
{
        gsize len = strlen(text);

        g_assert_cmpint(send(f->peer, text, len, MSG_NOSIGNAL), ==, (gssize) len);
}

/* --- the host ----------------------------------------------------------------------------------
 */

static void on_event(const IcEvent *event, gpointer user_data)
{
        Fixture *f = user_data;

        switch (event->type) {
        case IC_EVENT_MESSAGE:
                g_assert_cmpint(event->message->message.row_id, >, 0);
                g_string_append_printf(f->events, "%s %s <%s> %s;",
                        irc_message_type_name(event->message->message.type),
                        event->message->message.target, event->message->message.sender,
                        event->message->message.content);
                break;
        case IC_EVENT_READY:
                g_string_append_printf(f->events, "ready %s;", event->nickname);
                break;
        case IC_EVENT_JOINED:
                g_string_append_printf(f->events, "joined %s;", event->channel);
                break;
        case IC_EVENT_DISCONNECTED:
                g_string_append(f->events, "disconnected;");
                break;
        case IC_EVENT_CONNECTION_FAILED:
                g_string_append_printf(f->events, "failed %u;", event->attempt);
                break;
        case IC_EVENT_STATE_CHANGED:
        case IC_EVENT_CONNECTED:
        case IC_EVENT_PARTED:
        case IC_EVENT_KICKED:
        case IC_EVENT_NICK_CHANGED:
        case IC_EVENT_TOPIC_CHANGED:
        case IC_EVENT_USERS_CHANGED:
        case IC_EVENT_INVITED:
        case IC_EVENT_ERROR:
                break;
        }
}

static bool keep_link(int fd, gpointer user_data)
{
        Fixture *f = user_data;

        if (!f->can_keep)
                return false;
        f->kept = fcntl(fd, F_DUPFD_CLOEXEC, 3);
        return true;
}

static void drop_link(gpointer user_data)
{
        Fixture *f = user_data;

        g_assert_cmpint(f->kept, >=, 0);
        close(f->kept);
        f->kept = -1;
}

static void on_finished(const GError *error, gpointer user_data)
{
        Fixture *f = user_data;

        g_assert_false(f->is_finished);
        f->is_finished = true;
        f->error = error ? g_error_copy(error) : NULL;
}

void open_session(Fixture *f, int kept_link)
{
        IcSessionHost host = {
                .keep_link = keep_link,
                .drop_link = drop_link,
                .finished = on_finished,
                .user_data = f,
        };
        IcSettings *settings = ic_settings_new();
        g_autoptr(GError) error = NULL;

        if (f->restart_limit > 0)
                settings->restart_limit = f->restart_limit;
        if (f->restart_delay > 0)
                settings->restart_delay = f->restart_delay;
        if (f->shutdown_timeout > 0)
                settings->shutdown_timeout = f->shutdown_timeout;
        f->is_finished = false;
        g_clear_error(&f->error);
        g_assert_true(ic_session_new(&(IcSessionOptions){.id = ID,
                                             .folder = f->folder,
                                             .kept_link = kept_link,
                                             .settings = settings},
                &host, &f->session, &error));
        g_assert_no_error(error);
        ic_session_listen(f->session, on_event, f);
        ic_session_start(f->session);
}

void set_up(Fixture *f, gconstpointer data)
{
        const char *const *settings = data;
        g_autoptr(IcServerConfig) config = ic_server_config_new();
        g_autoptr(IcStore) store = NULL;
        g_autoptr(GError) error = NULL;
        g_autofree char *port = NULL;

        f->folder = g_dir_make_tmp("irc-conn-session-XXXXXX", NULL);
        f->heard = g_string_new(NULL);
        f->events = g_string_new(NULL);
        f->answers = g_string_new(NULL);
        f->kept = -1;
        listen_on_loopback(f);

        port = g_strdup_printf("%u", f->port);
        g_assert_true(ic_server_config_set(config, "address", "127.0.0.1", NULL));
        g_assert_true(ic_server_config_set(config, "tls", "false", NULL));
        g_assert_true(ic_server_config_set(config, "port", port, NULL));
        g_assert_true(ic_server_config_set(config, "nickname", "ada", NULL));
        g_assert_true(ic_server_config_set(config, "channels", "#a", NULL));
        for (gsize i = 0; settings && settings[i]; i += 2)
                g_assert_true(ic_server_config_set(config, settings[i], settings[i + 1], &error));
        g_assert_true(ic_server_config_complete(config, &error));
        g_assert_true(ic_store_open(f->folder, IC_STORE_CREATE, &store, &error));
        g_assert_true(ic_store_server_add(store, ID, config, &error));
        g_assert_no_error(error);
}

int dup_kept(Fixture *f)
{
        int fd = fcntl(f->kept, F_DUPFD_CLOEXEC, 3);

        g_assert_cmpint(fd, >=, 0);
        return fd;
}

void change_server(Fixture *f, const char *key, const char *value)
{
        g_autoptr(IcStore) store = NULL;
        g_autoptr(IcServerRow) row = NULL;
        g_autoptr(GError) error = NULL;

        g_assert_true(ic_store_open(f->folder, 0, &store, &error));
        g_assert_true(ic_store_server_read(store, ID, &row, &error));
        g_assert_true(ic_server_config_set(row->config, key, value, &error));
        g_assert_true(ic_server_config_complete(row->config, &error));
        g_assert_true(ic_store_server_update(store, ID, row->config, &error));
        g_assert_no_error(error);
}

void close_peer(Fixture *f)
{
        if (f->peer_source != 0)
                g_source_remove(f->peer_source);
        f->peer_source = 0;
        if (f->peer >= 0)
                close(f->peer);
        f->peer = -1;
}

void tear_down(Fixture *f, gconstpointer data)
{
        static const char *const files[] = {"irc.db", "irc.db-wal", "irc.db-shm"};

        ic_session_free(f->session);
        close_peer(f);
        if (f->listen_source != 0)
                g_source_remove(f->listen_source);
        close(f->listener);
        if (f->kept >= 0)
                close(f->kept);
        for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
                g_autofree char *path = g_build_filename(f->folder, files[i], NULL);

                g_unlink(path);
        }
        g_assert_cmpint(g_rmdir(f->folder), ==, 0);
        g_string_free(f->heard, TRUE);
        g_string_free(f->events, TRUE);
        g_string_free(f->answers, TRUE);
        g_free(f->last_answer);
        g_clear_error(&f->error);
        g_free(f->folder);
}

void log_in(Fixture *f)
{
        RUN_UNTIL(f, f->peer >= 0);
        expect(f, "USER ");
        say(f, ":srv 001 ada :Welcome\r\n:srv 376 ada :End\r\n");
        expect(f, "JOIN #a");
        say(f, ":ada!u@h JOIN #a\r\n:srv 353 ada = #a :@op ada\r\n:srv 366 ada #a :End\r\n");
        RUN_UNTIL(f, strstr(f->events->str, "joined #a;"));
}

static void on_done(const GError *error, const IcStatus *status, gpointer user_data)
{
        Fixture *f = user_data;

        if (error) {
                g_free(f->last_answer);
                f->last_answer = g_strdup(error->message);
        }
        g_string_append_printf(f->answers, "%s;",
                error    ? ic_error_code(ic_error_of(error))
                : status ? ic_state_name(status->state)
                         : "ok");
}

void submit_text(Fixture *f, IcCommandType type, const char *target, const char *text)
{
        IcCommand command = {.type = type,
                .target = (char *) target,
                .channel = (char *) target,
                .message = (char *) text};

        ic_session_submit(f->session, &command, on_done, f);
}

guint count_rows(Fixture *f, const char *target)
{
        g_autoptr(IcStore) store = NULL;
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) rows = NULL;

        g_assert_true(ic_store_open(f->folder, 0, &store, &error));
        rows = ic_store_history(store, ID, target, 0, IC_HISTORY_LIMIT_MAX, &error);
        g_assert_no_error(error);
        return rows->len;
}

IcServerRow *read_row(Fixture *f)
{
        g_autoptr(IcStore) store = NULL;
        IcServerRow *row = NULL;

        g_assert_true(ic_store_open(f->folder, 0, &store, NULL));
        g_assert_true(ic_store_server_read(store, ID, &row, NULL));
        return row;
}
