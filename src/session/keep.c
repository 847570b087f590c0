/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* A link that outlives its process: into the descriptor store, and out of it at the very byte. */

#include <string.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "session/session-private.h"

void session_keep_link(IcSession *session)
{
        if (!session->is_persisted || session->is_kept || !session->host.keep_link)
                return;

        session->is_kept =
                session->host.keep_link(ic_link_get_fd(session->link), session->host.user_data);
        if (!session->is_kept) {
                session->is_persisted = false;
                session_log(session, IC_LOG_NOTICE, NULL, NULL,
                        "The link could not be put into systemd's descriptor store: it will not "
                        "outlive this process");
        }
}

void session_drop_link(IcSession *session)
{
        if (session->is_kept && session->host.drop_link)
                session->host.drop_link(session->host.user_data);
        session->is_kept = false;
        session->is_persisted = false;
}

static void restore_channel(const char *channel, const char *topic, gpointer user_data)
{
        irc_client_restore_channel(user_data, channel, topic);
}

static void restore_member(const char *channel, const char *nickname, const char *account,
        const char *prefixes, gpointer user_data)
{
        irc_client_restore_member(user_data, channel, &(IrcMember){nickname, account, prefixes});
}

/* The protocol core and the framer, as the earlier process committed them. */
static bool restore_client(IcSession *session, const IcLinkState *saved, GError **error)
{
        g_autoptr(GVariant) snapshot = g_variant_ref_sink(
                g_variant_new_from_bytes(G_VARIANT_TYPE_VARDICT, saved->snapshot, FALSE));
        gsize len;
        const void *carry = g_bytes_get_data(saved->carry, &len);

        if (!irc_client_restore(session->client, snapshot, error) ||
                !ic_store_foreach_joined(session->store, session->id, restore_channel,
                        restore_member, session->client, error))
                return false;

        irc_framer_restore(session->framer, carry, len, saved->is_dropping);
        (void) irc_client_take_changed(session->client);
        return true;
}

/* The stream, both ways, at the very byte where the database says the earlier process was. */
static bool restore_stream(IcSession *session, const IcLinkState *saved, GError **error)
{
        gsize tail_len;
        const void *tail = g_bytes_get_data(saved->tail, &tail_len);
        guint64 received, sent;
        bool is_ambiguous;

        if (!ic_link_positions(session->link, &received, &sent, &is_ambiguous, error) ||
                !ic_link_resume(session->link, saved->in_position, tail, tail_len, error) ||
                !ic_output_restore(session->output, saved->output, sent, error))
                return false;

        session->in_position = saved->in_position;
        g_byte_array_append(session->tail, tail, (guint) tail_len);
        return true;
}

static bool resume(IcSession *session, GError **error)
{
        g_auto(IcLinkState) saved = {0};
        bool is_found;

        if (!ic_store_link_load(session->store, session->id, &saved, &is_found, error))
                return false;
        session->link = ic_link_new_plain(ic_fd_steal(&session->kept_link));
        if (!is_found || saved.cookie != ic_link_get_cookie(session->link)) {
                g_set_error_literal(error, IC_ERROR, IC_ERROR_LINK_CLOSED,
                        "the database does not know this link");
                return false;
        }

        /* Whoever cleared the facts of this link has taken its channels and members away, too. */
        if (session->row->connected_at == 0) {
                g_set_error_literal(error, IC_ERROR, IC_ERROR_LINK_CLOSED,
                        "a health check that could not ask systemd has cleared its channels");
                return false;
        }

        return session_begin_link(session, error) && restore_client(session, &saved, error) &&
               restore_stream(session, &saved, error) &&
               ic_store_server_set_process(
                       session->store, session->id, getpid(), session->socket_path, error);
}

void session_discard_link(IcSession *session)
{
        g_clear_pointer(&session->link, ic_link_free);
        g_clear_pointer(&session->client, irc_client_free);
        g_clear_pointer(&session->framer, irc_framer_free);
        g_clear_pointer(&session->output, ic_output_free);
        g_byte_array_set_size(session->tail, 0);
        g_hash_table_remove_all(session->people);
        session->knows_people = false;
        session->client_due = 0;
        session->write_failed = false;
        session->choked_since = 0;
}

/* False: there is no such link any more. It may have been left again, and the session ended. */
bool session_take_kept_link_up(IcSession *session)
{
        g_autoptr(GError) error = NULL;

        session->is_kept = true;
        if (!resume(session, &error)) {
                if (ic_store_error_is_transient(error)) {
                        session_end(session, error);
                        return true;
                }
                session_log(session, IC_LOG_NOTICE, NULL, NULL,
                        "The kept link cannot be taken up, connecting anew: %s", error->message);
                session_drop_link(session);
                session_discard_link(session);
                return false;
        }

        session->is_persisted = true;
        session->connected_at = session->linked_at = session->row->connected_at;
        /* What waits to be read may be what the earlier process died of. */
        if (session_has_unread(session) && !session_count_start(session))
                return true;
        session_log(session, IC_LOG_INFO, IC_MESSAGE_RESUMED, NULL,
                "Took the link to %s up where the earlier process left it",
                session->row->config->address);
        session_set_state(session, IC_STATE_CONNECTED, NULL, NULL);
        session_start_settling(session);
        session_start_liveness(session);
        session_start_facts(session);
        session_watch_link(session);
        session_flush(session);
        session_recall_gaps(session);
        session_go_on(session);
        session_pump_later(session);
        return true;
}

void ic_session_remember_listeners(IcSession *session, const char *const *names)
{
        g_autofree char *list = g_strjoinv(" ", (char **) names);
        g_autoptr(GError) error = NULL;

        if (session->is_persisted &&
                !ic_store_link_set_listeners(session->store, session->id, list, &error))
                session_log(session, IC_LOG_NOTICE, NULL, NULL,
                        "Who listens could not be stored: %s", error->message);
}

GStrv ic_session_recall_listeners(IcSession *session)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *list = NULL;

        if (session->kept_link < 0 ||
                !ic_store_link_get_listeners(session->store, session->id, &list, &error))
                return NULL;
        return g_strsplit(list, " ", -1);
}
