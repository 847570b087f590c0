/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The table `servers`: configuration of the tenant's connections, the owner's will, and the live
 * facts of the link; and `credentials`. */

#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/server-config.h"
#include "store/store.h"

typedef struct {
        uint32_t id;
        IcServerConfig *config; /* `channels` from the table `channels`, autojoin */
        bool is_wanted;
        char *status; /* ic_state_name() of the last known state, or NULL */
        gint64 status_since;
        int32_t process_pid;
        char *socket_path;
        gint64 connected_at; /* µs; 0: no link */
        uint32_t failed_attempts;
        gint64 next_attempt_at; /* µs; not before then, after a failure */
        char *last_error;       /* or NULL */
        char *last_error_code;  /* its ic_error_code(), or NULL */
        char *live_nickname;    /* of the present link, or NULL */
        char *live_network;
        char *pending_quit; /* what the next stop says, or NULL: the configured one */
} IcServerRow;

void ic_server_row_free(IcServerRow *row);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(IcServerRow, ic_server_row_free)

/* `id` comes from ic_tenants_allot(). Autojoin channels go to `channels`. */
bool ic_store_server_add(IcStore *store, uint32_t id, const IcServerConfig *config,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Changes the configuration only; channels that are no longer listed lose their autojoin, not their
 * history. */
bool ic_store_server_update(IcStore *store, uint32_t id, const IcServerConfig *config,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* With channels, messages, credentials and blocks of that server. */
bool ic_store_server_remove(IcStore *store, uint32_t id, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* NO_SUCH_SERVER; BAD_CONFIGURATION when a column holds what no key allows. */
bool ic_store_server_read(
        IcStore *store, uint32_t id, IcServerRow **ret, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* GArray of uint32_t, ascending. */
GArray *ic_store_server_ids(IcStore *store, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Who says that he wants it up has waited long enough after the last failure. */
bool ic_store_server_set_wanted(
        IcStore *store, uint32_t id, bool is_wanted, GError **error) G_GNUC_WARN_UNUSED_RESULT;
bool ic_store_server_set_pending_quit(
        IcStore *store, uint32_t id, const char *message, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The worker says who serves: before it dials. */
bool ic_store_server_set_process(IcStore *store, uint32_t id, int32_t pid, const char *socket_path,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* `status` is an ic_state_name(); `error` NULL keeps the last one. */
bool ic_store_server_set_status(IcStore *store, uint32_t id, const char *status, gint64 since,
        const char *last_error, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The link is up: connected_at, nickname, network (each NULL: kept). The count of failures stays: a
 * welcome alone is no success. */
bool ic_store_server_set_connected(IcStore *store, uint32_t id, gint64 connected_at,
        const char *nickname, const char *network, GError **error) G_GNUC_WARN_UNUSED_RESULT;
bool ic_store_server_set_live_names(IcStore *store, uint32_t id, const char *nickname,
        const char *network, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The connection has lasted: failed_attempts is 0, last_error NULL, and nothing is to be waited
 * for. */
bool ic_store_server_reset_failures(
        IcStore *store, uint32_t id, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* A failed attempt with its reason, counted as one in a row or not, and when the next may be made;
 * answers how many in a row there are. */
bool ic_store_server_add_failure(IcStore *store, uint32_t id, const GError *failure,
        bool is_counted, gint64 next_attempt_at, uint32_t *ret_attempts,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* A worker starts: answers how many starts in a row saw no progress, this one included. */
bool ic_store_server_count_start(IcStore *store, uint32_t id, uint32_t *ret_starts,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The worker got on: what the server said was stored. */
bool ic_store_server_note_progress(
        IcStore *store, uint32_t id, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The link is gone, as far as can be known: connected_at, process_pid, socket_path, live names and
 * pending_quit cleared, channels joined = 0, channel_users emptied, status "disconnected". What the
 * next process needs to take a kept link up stays: only a worker knows that it is over
 * (ic_store_link_forget()). `ret_was_live` (may be NULL): whether there was anything to clear. */
bool ic_store_server_clear_live(
        IcStore *store, uint32_t id, bool *ret_was_live, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Secrets: bytes; NULL or empty removes. get(): *ret NULL when there is none. */
bool ic_store_credential_set(IcStore *store, uint32_t id, const char *name, GBytes *secret,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;
bool ic_store_credential_get(IcStore *store, uint32_t id, const char *name, GBytes **ret,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;
