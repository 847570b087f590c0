/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Effects of the protocol core, carried out on the database. */

#include "store/ingest.h"

#include "store/afterwards.h"
#include "store/channels.h"
#include "store/messages.h"
#include "store/read-marker.h"
#include "store/replay.h"
#include "store/servers.h"
#include "store/statement.h"

typedef struct {
        IcStore *store;
        uint32_t server_id;
        IcStatement *insert_message; /* prepared and taken once for the whole list */
        gint64 next_id;              /* of the next row, once insert_message is there */
        IcReplay *replay;            /* once there was a line of the past */
        guint redaction_rows_left;
} Ingest;

static void ingest_clear(Ingest *ingest)
{
        g_clear_pointer(&ingest->insert_message, ic_statement_release);
        g_clear_pointer(&ingest->replay, ic_replay_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Ingest, ingest_clear)

/* Nobody else writes while our transaction is open. */
static bool read_next_id(Ingest *ingest, GError **error)
{
        g_autoptr(IcStatement) read = ic_statement_get(ingest->store,
                "SELECT max(deleted_id, ifnull((SELECT max(id) FROM messages), 0)) + 1"
                " FROM message_marks",
                error);
        bool is_row = false;

        if (!read || !ic_statement_step(read, &is_row, error))
                return false;
        ingest->next_id = ic_statement_int(read, 0);
        return true;
}

static bool prepare_insert(Ingest *ingest, GError **error)
{
        if (ingest->insert_message)
                return true;
        if (!read_next_id(ingest, error))
                return false;
        ingest->insert_message = ic_statement_get(ingest->store,
                "INSERT INTO messages (id, server_id, channel_id, target, sender, source, account,"
                " content, raw, message_type, is_self, msgid, sent_at, received_at, delivery,"
                " reply_to, context)"
                " VALUES (?14, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?15, ?16, "
                "?17)",
                error);
        if (!ingest->insert_message)
                return false;
        ic_statement_bind_int(ingest->insert_message, 1, ingest->server_id);
        return true;
}

static bool insert_message(
        Ingest *ingest, const IcConversation *conversation, IrcEffect *effect, GError **error)
{
        const char *type = irc_message_type_name(effect->message.type);
        gint64 received_at = effect->message.received_at;
        gint64 sent_at = effect->message.sent_at ? effect->message.sent_at : received_at;
        const char *target = effect->message.target ? effect->message.target : "";
        const char *content = effect->message.content ? effect->message.content : "";

        if (!prepare_insert(ingest, error))
                return false;

        IcStatement *insert = ingest->insert_message;
        if (conversation->channel_id != 0)
                ic_statement_bind_int(insert, 2, conversation->channel_id);
        else
                ic_statement_bind_null(insert, 2);
        ic_statement_bind_text(insert, 3, target);
        ic_statement_bind_text(insert, 4, effect->message.sender);
        ic_statement_bind_text(insert, 5, effect->message.source);
        ic_statement_bind_text(insert, 6, effect->message.account);
        ic_statement_bind_text(insert, 7, content);
        ic_statement_bind_blob(insert, 8, effect->message.raw, effect->message.raw_len);
        ic_statement_bind_text(insert, 9, type);
        ic_statement_bind_int(insert, 10, effect->message.is_self);
        ic_statement_bind_text(insert, 11, effect->message.msgid);
        ic_statement_bind_int(insert, 12, sent_at);
        ic_statement_bind_int(insert, 13, received_at);
        ic_statement_bind_int(insert, 14, ingest->next_id);
        ic_statement_bind_text(
                insert, 15, effect->message.is_unconfirmed ? IC_DELIVERY_UNCONFIRMED : NULL);
        ic_statement_bind_text(insert, 16, effect->message.reply_to);
        ic_statement_bind_text(insert, 17, effect->message.context);
        if (!ic_statement_run(insert, error))
                return false;
        effect->message.row_id = ingest->next_id++;
        return true;
}

static bool add_past(
        Ingest *ingest, const IcConversation *conversation, IrcEffect *effect, GError **error)
{
        if (!ingest->replay)
                ingest->replay = ic_replay_new(ingest->store);
        if (!ic_replay_find(ingest->replay, conversation, effect, &effect->message.is_known, error))
                return false;
        if (effect->message.is_known)
                return true;
        if (!insert_message(ingest, conversation, effect, error))
                return false;
        ic_replay_note(ingest->replay, conversation, effect);
        return true;
}

static bool add_message(Ingest *ingest, IrcEffect *effect, GError **error)
{
        IcConversation conversation = {
                .server_id = ingest->server_id,
                .peer = effect->message.is_self ? effect->message.target : effect->message.sender,
        };

        effect->message.row_id = 0;
        effect->message.is_known = false;
        if (effect->message.channel &&
                !ic_channels_ensure(ingest->store, ingest->server_id, effect->message.channel,
                        &conversation.channel_id, error))
                return false;
        if (effect->message.is_replay)
                return add_past(ingest, &conversation, effect, error);
        if (ingest->replay)
                ic_replay_forget(ingest->replay);
        return insert_message(ingest, &conversation, effect, error);
}

/* Runs a statement whose parameter 1 is the channel's row. */
static bool change_channel(
        Ingest *ingest, const char *channel, const char *sql, const char *text, GError **error)
{
        g_autoptr(IcStatement) change = ic_statement_get(ingest->store, sql, error);
        gint64 id = 0;

        if (!change || !ic_channels_ensure(ingest->store, ingest->server_id, channel, &id, error))
                return false;
        ic_statement_bind_int(change, 1, id);
        if (text)
                ic_statement_bind_text(change, 2, text);
        return ic_statement_run(change, error);
}

static bool empty_channel(Ingest *ingest, const char *channel, GError **error)
{
        return change_channel(
                ingest, channel, "DELETE FROM channel_users WHERE channel_id = ?1", NULL, error);
}

/* The server's spelling goes before the owner's. A topic is told after the join, if there is one.
 */
static bool join_channel(Ingest *ingest, const char *channel, GError **error)
{
        return empty_channel(ingest, channel, error) &&
               change_channel(ingest, channel,
                       "UPDATE channels SET joined = 1, topic = NULL, name = ?2 WHERE id = ?1",
                       channel, error);
}

static bool leave_channel(Ingest *ingest, const char *channel, GError **error)
{
        return empty_channel(ingest, channel, error) &&
               change_channel(ingest, channel, "UPDATE channels SET joined = 0 WHERE id = ?1", NULL,
                       error);
}

/* Members, topic and that it is to be joined go along; rows stay with the name under which they
 * were said. */
static bool rename_channel(Ingest *ingest, const IrcEffect *effect, GError **error)
{
        g_autoptr(IcStatement) copy = ic_statement_get(ingest->store,
                "UPDATE channels SET topic = old.topic,"
                " autojoin = max(channels.autojoin, old.autojoin),"
                " autojoin_order = iif(channels.autojoin, channels.autojoin_order,"
                "  old.autojoin_order), key = ifnull(old.key, channels.key)"
                " FROM (SELECT * FROM channels WHERE id = ?2) old WHERE channels.id = ?1",
                error);
        g_autoptr(IcStatement) forget = ic_statement_get(
                ingest->store, "UPDATE channels SET autojoin = 0, key = NULL WHERE id = ?1", error);
        g_autoptr(IcStatement) move = ic_statement_get(ingest->store,
                "UPDATE OR REPLACE channel_users SET channel_id = ?1 WHERE channel_id = ?2", error);
        gint64 from = 0, to = 0;

        if (!copy || !forget || !move ||
                !ic_channels_ensure(
                        ingest->store, ingest->server_id, effect->rename.channel, &from, error) ||
                !ic_channels_ensure(
                        ingest->store, ingest->server_id, effect->rename.new_channel, &to, error))
                return false;
        if (from == to)
                return change_channel(ingest, effect->rename.new_channel,
                        "UPDATE channels SET name = ?2 WHERE id = ?1", effect->rename.new_channel,
                        error);
        if (!join_channel(ingest, effect->rename.new_channel, error))
                return false;
        ic_statement_bind_int(copy, 1, to);
        ic_statement_bind_int(copy, 2, from);
        ic_statement_bind_int(forget, 1, from);
        ic_statement_bind_int(move, 1, to);
        ic_statement_bind_int(move, 2, from);
        return ic_statement_run(copy, error) && ic_statement_run(forget, error) &&
               ic_statement_run(move, error) &&
               leave_channel(ingest, effect->rename.channel, error);
}

static bool set_topic(Ingest *ingest, const IrcEffect *effect, GError **error)
{
        const char *text = effect->channel.text ? effect->channel.text : "";

        return change_channel(ingest, effect->channel.channel,
                "UPDATE channels SET topic = nullif(?2, '') WHERE id = ?1", text, error);
}

static bool put_member(Ingest *ingest, const IrcEffect *effect, GError **error)
{
        g_autoptr(IcStatement) put = ic_statement_get(ingest->store,
                "INSERT INTO channel_users (channel_id, nickname, account, prefixes)"
                " VALUES (?1, ?2, ?3, ifnull(?4, ''))"
                " ON CONFLICT DO UPDATE SET nickname = excluded.nickname,"
                " account = excluded.account, prefixes = excluded.prefixes",
                error);
        gint64 id = 0;

        if (!put || !ic_channels_ensure(
                            ingest->store, ingest->server_id, effect->member.channel, &id, error))
                return false;
        ic_statement_bind_int(put, 1, id);
        ic_statement_bind_text(put, 2, effect->member.nickname);
        ic_statement_bind_text(put, 3, effect->member.account);
        ic_statement_bind_text(put, 4, effect->member.prefixes);
        return ic_statement_run(put, error);
}

/* In one channel, or without a name in all of the server's. */
#define MEMBER_ROWS                                                                                \
        " WHERE nickname = ?2 AND channel_id IN (SELECT id FROM channels"                          \
        " WHERE server_id = ?1 AND (?3 IS NULL OR name = ?3))"

static bool change_member(Ingest *ingest, const IrcEffect *effect, const char *sql, GError **error)
{
        g_autoptr(IcStatement) change = ic_statement_get(ingest->store, sql, error);

        if (!change)
                return false;
        ic_statement_bind_int(change, 1, ingest->server_id);
        ic_statement_bind_text(change, 2, effect->member.nickname);
        ic_statement_bind_text(change, 3, effect->member.channel);
        if (effect->type == IRC_EFFECT_MEMBER_RENAMED)
                ic_statement_bind_text(change, 4, effect->member.new_nickname);
        return ic_statement_run(change, error);
}

static bool apply_effect(Ingest *ingest, IrcEffect *effect, GError **error)
{
        switch (effect->type) {
        case IRC_EFFECT_MESSAGE:
                return add_message(ingest, effect, error);
        case IRC_EFFECT_REGISTERED:
        case IRC_EFFECT_SELF_RENAMED:
                return ic_store_server_set_live_names(
                        ingest->store, ingest->server_id, effect->self.nickname, NULL, error);
        case IRC_EFFECT_NETWORK:
                return ic_store_server_set_live_names(
                        ingest->store, ingest->server_id, NULL, effect->network.name, error);
        case IRC_EFFECT_CHANNEL_JOINED:
                return join_channel(ingest, effect->channel.channel, error);
        case IRC_EFFECT_CHANNEL_LEFT:
                return leave_channel(ingest, effect->channel.channel, error);
        case IRC_EFFECT_CHANNEL_RENAMED:
                return rename_channel(ingest, effect, error);
        case IRC_EFFECT_TOPIC:
                return set_topic(ingest, effect, error);
        case IRC_EFFECT_MEMBER:
                return put_member(ingest, effect, error);
        case IRC_EFFECT_MEMBER_RENAMED:
                return change_member(ingest, effect,
                        "UPDATE OR REPLACE channel_users SET nickname = ?4" MEMBER_ROWS, error);
        case IRC_EFFECT_MEMBER_GONE:
                return change_member(
                        ingest, effect, "DELETE FROM channel_users" MEMBER_ROWS, error);
        case IRC_EFFECT_READ_MARKER:
                return ic_store_read_marker_set(ingest->store, ingest->server_id,
                        effect->read.target, effect->read.time, error);
        case IRC_EFFECT_REDACTED:
                return ic_store_redact(ingest->store, ingest->server_id, effect,
                        &ingest->redaction_rows_left, error);
        case IRC_EFFECT_SEND:
        case IRC_EFFECT_USERS_CHANGED:
        case IRC_EFFECT_KICKED:
        case IRC_EFFECT_INVITED:
        case IRC_EFFECT_REPLY_ERROR:
        case IRC_EFFECT_REPLY_NOTE:
        case IRC_EFFECT_ANSWERED:
        case IRC_EFFECT_SELF_AWAY:
        case IRC_EFFECT_STS:
        case IRC_EFFECT_HISTORY:
        case IRC_EFFECT_HISTORY_TARGET:
        case IRC_EFFECT_PONG:
        case IRC_EFFECT_CLOSE:
                return true;
        }
        g_return_val_if_reached(false);
}

bool ic_store_apply(IcStore *store, uint32_t server_id, IrcEffects *effects, GError **error)
{
        g_auto(IcTransaction) transaction = {0};
        g_auto(Ingest) ingest = {.store = store,
                .server_id = server_id,
                .redaction_rows_left = IC_REDACTION_ROWS_MAX};
        gsize count = irc_effects_count(effects);

        if (!ic_transaction_begin(&transaction, store, error))
                return false;
        for (gsize i = 0; i < count; i++)
                if (!apply_effect(&ingest, irc_effects_get(effects, i), error))
                        return false;
        return ic_transaction_commit(&transaction, error);
}
