/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* IrcClient: its life, and the way of a line to its handler. */

#include <string.h>

#include "base/text.h"
#include "irc/client-private.h"
#include "irc/framer.h"
#include "irc/server-time.h"

/* A line without tags: RFC 1459 section 2.3, less the CR LF. */
#define LINE_DEFAULT 512
#define LINE_END 2

/* Capabilities that change nothing but what lines tell us, and are understood in any combination.
 * sts is none of them: it must never be requested. */
static const char *const wanted_caps[] = {
        "account-notify",
        "account-tag",
        "away-notify",
        "batch",
        "cap-notify",
        "chghost",
        "draft/channel-rename",
        "draft/extended-isupport",
        "draft/message-redaction",
        "draft/read-marker",
        "extended-join",
        "extended-monitor",
        "invite-notify",
        "message-tags",
        "multi-prefix",
        "server-time",
        "setname",
        "standard-replies",
        "userhost-in-names",
};

/* Sorted, for bsearch(). Other 4xx and 5xx are refusals of what we asked for; all else is left out.
 */
static const struct Verb {
        const char *verb;
        IrcHandler handler;
        bool is_before_welcome; /* makes sense while registering, too */
        guint8 n_params;        /* with fewer the line is left out */
} verbs[] = {
        {"001", irc_client_handle_welcome, true, 1},
        {"005", irc_client_handle_isupport, true, 2},
        {"010", irc_client_handle_bounce, true, 2},
        {"221", irc_client_handle_user_modes, true, 2},
        {"263", irc_client_handle_refusal, false, 2},
        {"302", irc_client_handle_userhost, false, 2},
        {"305", irc_client_handle_away_reply, true, 0},
        {"306", irc_client_handle_away_reply, true, 0},
        {"311", irc_client_handle_whois, false, 4},
        {"315", irc_client_handle_who_end, false, 2},
        {"324", irc_client_handle_channel_modes, false, 3},
        {"329", irc_client_handle_channel_created, false, 3},
        {"331", irc_client_handle_no_topic, false, 2},
        {"332", irc_client_handle_topic_reply, false, 3},
        {"333", irc_client_handle_topic_setter, false, 3},
        {"346", irc_client_handle_listed, false, 3},
        {"347", irc_client_handle_list_end, false, 2},
        {"348", irc_client_handle_listed, false, 3},
        {"349", irc_client_handle_list_end, false, 2},
        {"352", irc_client_handle_who_reply, false, 6},
        {"353", irc_client_handle_names, false, 3},
        {"354", irc_client_handle_who, false, 8},
        {"366", irc_client_handle_names_end, false, 2},
        {"367", irc_client_handle_listed, false, 3},
        {"368", irc_client_handle_list_end, false, 2},
        {"376", irc_client_handle_burst_end, false, 0},
        {"396", irc_client_handle_visible_host, true, 2},
        {"410", irc_client_handle_no_cap, true, 0},
        {"421", irc_client_handle_no_cap, true, 0},
        {"422", irc_client_handle_burst_end, false, 0},
        {"431", irc_client_handle_nick_refused, true, 0},
        {"432", irc_client_handle_nick_refused, true, 0},
        {"433", irc_client_handle_nick_refused, true, 0},
        {"436", irc_client_handle_nick_refused, true, 0},
        {"437", irc_client_handle_nick_refused, true, 0},
        {"451", irc_client_handle_no_cap, true, 0},
        {"461", irc_client_handle_bad_introduction, true, 0},
        {"463", irc_client_handle_host_refused, true, 0},
        {"464", irc_client_handle_bad_password, true, 0},
        {"465", irc_client_handle_banned, true, 0},
        {"466", irc_client_handle_banned, true, 0},
        {"468", irc_client_handle_bad_introduction, true, 0},
        {"728", irc_client_handle_listed, false, 4},
        {"729", irc_client_handle_list_end, false, 3},
        {"731", irc_client_handle_monitor_offline, false, 2},
        {"734", irc_client_handle_monitor_full, false, 2},
        {"900", irc_client_handle_logged_in, true, 3},
        {"901", irc_client_handle_logged_out, true, 0},
        {"902", irc_client_handle_sasl, true, 0},
        {"903", irc_client_handle_sasl, true, 0},
        {"904", irc_client_handle_sasl, true, 0},
        {"905", irc_client_handle_sasl, true, 0},
        {"906", irc_client_handle_sasl, true, 0},
        {"907", irc_client_handle_sasl, true, 0},
        {"908", irc_client_handle_sasl, true, 0},
        {"ACCOUNT", irc_client_handle_account, false, 1},
        {"AUTHENTICATE", irc_client_handle_sasl, true, 0},
        {"AWAY", irc_client_handle_away, false, 0},
        {"BATCH", irc_client_handle_batch, true, 1},
        {"CAP", irc_client_handle_cap, true, 3},
        {"CHATHISTORY", irc_client_handle_history_target, false, 3},
        {"CHGHOST", irc_client_handle_chghost, false, 2},
        {"ERROR", irc_client_handle_error, true, 0},
        {"FAIL", irc_client_handle_fail, true, 2},
        {"INVITE", irc_client_handle_invite, false, 2},
        {"JOIN", irc_client_handle_join, false, 1},
        {"KICK", irc_client_handle_kick, false, 2},
        {"KILL", irc_client_handle_kill, true, 1},
        {"MARKREAD", irc_client_handle_markread, false, 2},
        {"MODE", irc_client_handle_mode, false, 2},
        {"NICK", irc_client_handle_nick, false, 1},
        {"NOTE", irc_client_handle_note, false, 2},
        {"NOTICE", irc_client_handle_notice, true, 2},
        {"PART", irc_client_handle_part, false, 1},
        {"PING", irc_client_handle_ping, true, 0},
        {"PONG", irc_client_handle_pong, true, 1},
        {"PRIVMSG", irc_client_handle_privmsg, true, 2},
        {"QUIT", irc_client_handle_quit, false, 0},
        {"REDACT", irc_client_handle_redact, false, 2},
        {"RENAME", irc_client_handle_rename, false, 2},
        {"SETNAME", irc_client_handle_setname, false, 1},
        {"TOPIC", irc_client_handle_topic, false, 2},
        {"WARN", irc_client_handle_note, false, 2},
};

static GStrv nicknames_new(const IrcClientOptions *options)
{
        GPtrArray *nicknames = g_ptr_array_new();

        g_ptr_array_add(nicknames, g_utf8_make_valid(options->nickname, -1));
        for (gsize i = 0; options->alt_nicknames && options->alt_nicknames[i]; i++)
                g_ptr_array_add(nicknames, g_utf8_make_valid(options->alt_nicknames[i], -1));
        g_ptr_array_add(nicknames, NULL);
        return (GStrv) g_ptr_array_free(nicknames, FALSE);
}

/* The order is that of the requests. */
static IrcCaps *caps_new(const IrcClientOptions *options, const IrcSasl *sasl)
{
        const struct {
                const char *name;
                bool is_wanted;
        } optional[] = {
                {"labeled-response", options->use_labels},
                {"echo-message", options->use_labels},
                {"draft/chathistory", options->fetch_history},
                {"draft/event-playback", options->fetch_history},
                {"draft/multiline", options->use_multiline},
                {"draft/no-implicit-names", options->no_implicit_names},
                {"no-implicit-names", options->no_implicit_names},
                {"draft/pre-away", options->away_message != NULL},
                {"sasl", irc_sasl_is_wanted(sasl)},
        };
        g_autoptr(GPtrArray) wanted = g_ptr_array_new();

        for (gsize i = 0; i < G_N_ELEMENTS(wanted_caps); i++)
                g_ptr_array_add(wanted, (gpointer) wanted_caps[i]);
        for (gsize i = 0; i < G_N_ELEMENTS(optional); i++)
                if (optional[i].is_wanted)
                        g_ptr_array_add(wanted, (gpointer) optional[i].name);
        g_ptr_array_add(wanted, NULL);
        return irc_caps_new((const char *const *) wanted->pdata);
}

static IrcSasl *sasl_new(const IrcClientOptions *options)
{
        const IrcSaslCredentials credentials = {
                .account = options->sasl_account,
                .password = options->sasl_password,
                .may_send_password = options->is_secure || options->sasl_plain_insecure,
                .has_certificate = options->has_client_certificate,
                .nonce = options->sasl_nonce,
                .sign = options->sasl_sign,
                .sign_data = options->sasl_sign_data,
        };

        return irc_sasl_new(options->sasl_mechanisms, &credentials);
}

IrcClient *irc_client_new(const IrcClientOptions *options)
{
        IrcClient *client = g_new0(IrcClient, 1);

        client->nicknames = nicknames_new(options);
        client->nickname = g_strdup(client->nicknames[0]);
        client->username = g_strdup(options->username ?: options->nickname);
        client->realname = g_strdup(options->realname ?: options->nickname);
        client->password = g_strdup(options->password);
        client->autojoin = g_strdupv((char **) options->channels);
        client->is_sasl_required = options->sasl_required;
        client->is_secure = options->is_secure;
        client->is_sts_followed = options->follow_sts;
        client->is_bot = options->is_bot;
        client->ctcp_version = g_strdup(options->ctcp_version);
        client->encoding = options->encoding;
        client->service_password = g_strdup(options->service_password);
        client->service_name = g_strdup(options->service_name);
        client->service_account = g_strdup(options->sasl_account);
        client->may_send_password = options->is_secure || options->sasl_plain_insecure;
        client->awaiting_login = g_ptr_array_new_with_free_func(g_free);
        client->is_regain_wanted = options->regain_nickname;
        client->is_who_wanted = options->track_accounts;
        client->are_modes_wanted = options->track_modes;
        client->lost = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                (GDestroyNotify) (void (*)(void)) g_ref_string_release);
        g_queue_init(&client->questions);
        g_queue_init(&client->history);
        client->away_message = g_strdup(options->away_message);

        client->isupport = irc_isupport_new();
        client->sasl = sasl_new(options);
        client->caps = caps_new(options, client->sasl);
        irc_channels_init(&client->channels);
        irc_batches_init(&client->batches);
        irc_requests_init(&client->requests);
        irc_message_init(&client->message);
        client->lines = g_ptr_array_new_with_free_func(g_free);
        client->scratch = g_string_new(NULL);
        return client;
}

void irc_client_free(IrcClient *client)
{
        if (!client)
                return;
        g_strfreev(client->nicknames);
        g_free(client->username);
        g_free(client->realname);
        if (client->password)
                explicit_bzero(client->password, strlen(client->password));
        g_free(client->password);
        g_strfreev(client->autojoin);
        g_free(client->nickname);
        g_free(client->user);
        g_free(client->host);
        g_free(client->account);
        g_free(client->server_name);
        g_free(client->away_message);
        g_free(client->sts);
        g_free(client->ctcp_version);
        if (client->service_password)
                explicit_bzero(client->service_password, strlen(client->service_password));
        g_free(client->service_password);
        g_free(client->service_name);
        g_free(client->service_account);
        g_ptr_array_unref(client->awaiting_login);
        g_queue_clear_full(&client->questions, g_free);
        irc_crowd_free(client->crowd);
        g_hash_table_unref(client->lost);
        irc_modes_free(client->modes);
        g_clear_pointer(&client->carried_channels, g_hash_table_unref);
        irc_client_clear_history(client);
        g_free(client->closing_text);
        irc_isupport_free(client->isupport);
        irc_caps_free(client->caps);
        irc_sasl_free(client->sasl);
        irc_channels_clear(&client->channels);
        irc_batches_clear(&client->batches);
        irc_requests_clear(&client->requests);
        irc_request_unref(client->request);
        irc_message_clear(&client->message);
        g_ptr_array_unref(client->lines);
        g_string_free(client->scratch, TRUE);
        g_free(client);
}

bool irc_client_is_self(const IrcClient *client, const char *nickname)
{
        return irc_casemap_equal(client->isupport->casemap, client->nickname, nickname);
}

void irc_client_set_string(IrcClient *client, char **field, const char *value)
{
        if (g_strcmp0(*field, value) == 0)
                return;
        g_free(*field);
        *field = g_strdup(value);
        client->is_changed = true;
}

void irc_client_send_line(
        IrcEffects *effects, IrcPriority priority, const char *line, bool is_secret)
{
        const char *copy = irc_effects_strdup(effects, line);
        IrcEffect *effect = irc_effects_add(effects, IRC_EFFECT_SEND);

        effect->send.priority = priority;
        effect->send.line = copy;
        effect->send.is_secret = is_secret;
}

gsize irc_client_get_line_limit(const IrcClient *client)
{
        guint given = irc_isupport_get_number(client->isupport, "LINELEN", LINE_DEFAULT);

        return CLAMP(given, LINE_DEFAULT, IRC_LINE_MAX) - LINE_END;
}

bool irc_client_send(IrcClient *client, IrcPriority priority, const char *verb,
        const char *const *params, const char *trailing, bool is_secret, IrcEffects *effects,
        GError **error)
{
        GString *line = client->scratch;
        gsize limit = irc_client_get_line_limit(client);

        g_string_truncate(line, 0);
        switch (irc_message_format(line, NULL, 0, NULL, verb, params, trailing)) {
        case IRC_FORMAT_OK:
                break;
        case IRC_FORMAT_LINE_BREAK:
                g_set_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE,
                        "%s: a parameter has a line break, which IRC cannot carry", verb);
                return false;
        case IRC_FORMAT_BAD_VERB:
        case IRC_FORMAT_BAD_PARAM:
                g_set_error(error, IC_ERROR, IC_ERROR_INVALID_VALUE,
                        "%s: a parameter is empty, has a space or begins with a colon", verb);
                return false;
        }
        if (line->len > limit) {
                g_set_error(error, IC_ERROR, IC_ERROR_TOO_LONG,
                        "%s: the line would have %" G_GSIZE_FORMAT
                        " bytes; the server takes %" G_GSIZE_FORMAT,
                        verb, line->len, limit);
                return false;
        }
        irc_client_send_request(client, priority, verb, params[0], line->str, is_secret, effects);
        return true;
}

void irc_client_close(IrcClient *client, IcError class, const char *text, IrcEffects *effects)
{
        const char *copy = irc_effects_strdup(effects, text);
        IrcEffect *effect = irc_effects_add(effects, IRC_EFFECT_CLOSE);

        effect->close.error = class;
        effect->close.text = copy;
        client->state = IRC_CLIENT_CLOSED;
}

/* A line in ASCII, as nearly all are, is looked at eight bytes at a time. */
static bool is_utf8(const char *line, gsize len)
{
        const guint64 high_bits = G_GUINT64_CONSTANT(0x8080808080808080);

        while (len >= sizeof(guint64)) {
                guint64 word;

                memcpy(&word, line, sizeof(word));
                if (word & high_bits)
                        break;
                line += sizeof(word);
                len -= sizeof(word);
        }
        return g_utf8_validate(line, (gssize) len, NULL);
}

static const char *to_utf8(IrcEffects *effects, const char *text, IrcEncoding encoding)
{
        g_autofree char *converted = NULL;

        if (!text || g_utf8_validate(text, -1, NULL))
                return text;
        converted = irc_encoding_to_utf8(encoding, text);
        return irc_effects_strdup(effects, converted);
}

static const char *name_to_utf8(IrcEffects *effects, const char *name)
{
        return to_utf8(effects, name, IRC_ENCODING_CP1252);
}

/* Makes all parts UTF-8; the last parameter, which is the text if there is one, is remembered.
 * Names have no encoding: they are only made fit to be shown. */
static void convert_parts(const IrcClient *client, IrcMessage *message, IrcInput *input)
{
        message->source = name_to_utf8(input->effects, message->source);
        message->nick = name_to_utf8(input->effects, message->nick);
        message->user = name_to_utf8(input->effects, message->user);
        message->host = name_to_utf8(input->effects, message->host);
        message->verb = name_to_utf8(input->effects, message->verb);
        for (gsize i = 0; i < message->n_params; i++) {
                bool is_last = i == message->n_params - 1;
                const char *came = message->params[i];

                message->params[i] = is_last ? to_utf8(input->effects, came, client->encoding)
                                             : name_to_utf8(input->effects, came);
                if (message->params[i] != came && is_last)
                        input->raw_last = came;
        }
}

/* The id or name in a client-only tag, whose author may be anybody. */
static const char *client_tag_value(const IrcTag *tag)
{
        return *tag->value && strlen(tag->value) <= IRC_CLIENT_TAG_MAX ? tag->value : NULL;
}

static void read_tags(IrcInput *input)
{
        for (gsize i = 0; i < input->message->n_tags; i++) {
                const IrcTag *tag = &input->message->tags[i];

                if (g_str_equal(tag->key, "time"))
                        irc_server_time_parse(tag->value, &input->sent_at);
                else if (g_str_equal(tag->key, "msgid"))
                        input->msgid = *tag->value ? tag->value : NULL;
                else if (g_str_equal(tag->key, "account"))
                        input->account_tag = *tag->value ? tag->value : NULL;
                else if (g_str_equal(tag->key, "bot"))
                        input->is_bot = true;
                else if (g_str_equal(tag->key, "+reply") || g_str_equal(tag->key, "+draft/reply"))
                        input->reply_to = client_tag_value(tag);
                else if (g_str_equal(tag->key, "+channel-context") ||
                         g_str_equal(tag->key, "+draft/channel-context"))
                        input->context = client_tag_value(tag);
        }
}

static int compare_verbs(const void *key, const void *element)
{
        return g_ascii_strcasecmp(key, ((const struct Verb *) element)->verb);
}

static bool is_numeric(const char *verb)
{
        return g_ascii_isdigit(verb[0]) && g_ascii_isdigit(verb[1]) && g_ascii_isdigit(verb[2]) &&
               verb[3] == '\0';
}

/* Errors are 400 to 599, but servers have others of their own (926, 936, …): where a numeric is all
 * that is said to a command whose success would be the command itself, it is one. */
static bool is_refusal(const IrcClient *client, const IrcInput *input)
{
        const char *verb = input->message->verb;

        if (!is_numeric(verb))
                return false;
        return verb[0] == '4' || verb[0] == '5' || irc_client_is_lone_answer(client, input);
}

void irc_client_dispatch(IrcClient *client, const IrcInput *input)
{
        const char *name = input->message->verb;
        const struct Verb *verb =
                bsearch(name, verbs, G_N_ELEMENTS(verbs), sizeof(verbs[0]), compare_verbs);

        if (input->is_replay && !irc_message_has_verb(input->message, "BATCH")) {
                irc_client_handle_past(client, input);
                irc_client_count_past(client, input);
                return;
        }
        if (!verb) {
                if (is_refusal(client, input) && client->state == IRC_CLIENT_REGISTERED)
                        irc_client_handle_refusal(client, input);
                return;
        }
        if (input->message->n_params < verb->n_params)
                return;
        if (client->state == IRC_CLIENT_REGISTERED || verb->is_before_welcome)
                verb->handler(client, input);
}

/* A NUL is the one byte that a line cannot be parsed with; the rest of the line is worth having. */
static IrcParseResult parse_without_nul(IrcMessage *message, const char *line, gsize len)
{
        g_autoptr(GString) kept = g_string_sized_new(len);

        for (gsize i = 0; i < len; i++)
                if (line[i] != '\0')
                        g_string_append_c(kept, line[i]);
        return irc_message_parse(message, kept->str, kept->len);
}

bool irc_client_read(
        IrcClient *client, IrcMessage *message, const char *line, gsize len, IrcInput *input)
{
        IrcParseResult result = irc_message_parse(message, line, len);

        if (result == IRC_PARSE_NUL)
                result = parse_without_nul(message, line, len);
        if (result != IRC_PARSE_OK)
                return false;

        input->message = message;
        if (!is_utf8(line, len))
                convert_parts(client, message, input);
        input->sender = message->nick ?: client->server_name ?: "*";
        input->is_self = message->nick && irc_client_is_self(client, message->nick);
        if (input->batch)
                input->is_replay = input->batch->is_replay;
        read_tags(input);
        return true;
}

void irc_client_receive(
        IrcClient *client, const char *line, gsize len, gint64 now, IrcEffects *effects)
{
        IrcInput input = {.effects = effects, .now = now};

        if (client->state == IRC_CLIENT_NEW || client->state == IRC_CLIENT_CLOSED)
                return;
        if (irc_client_read(client, &client->message, line, len, &input)) {
                irc_client_settle_crowd(client, &input);
                if (!irc_client_take_into_batch(client, line, len, &input))
                        irc_client_dispatch(client, &input);
        }
        if (input.message && !irc_message_has_verb(input.message, "BATCH"))
                irc_client_answer_line(client, &input);
}
