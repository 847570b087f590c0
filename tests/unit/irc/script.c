/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Session scripts: reading them, and effects as text. */

#include "script.h"

#include <string.h>

static GPtrArray *strings_new(void)
{
        return g_ptr_array_new_with_free_func(g_free);
}

static const char *const *strings_get(const GPtrArray *strings)
{
        return (const char *const *) strings->pdata;
}

/* Keeps the array NULL-terminated. */
static void strings_add(GPtrArray *strings, const char *text)
{
        if (strings->len > 0)
                g_ptr_array_set_size(strings, (int) strings->len - 1);
        g_ptr_array_add(strings, g_strdup(text));
        g_ptr_array_add(strings, NULL);
}

static void read_option(Script *script, const char *line)
{
        g_auto(GStrv) words = g_strsplit(line, " ", 2);
        const char *value = words[1] ?: "";

        if (g_str_equal(words[0], "alt"))
                strings_add(script->alt_nicknames, value);
        else if (g_str_equal(words[0], "mechanism"))
                strings_add(script->mechanisms, value);
        else if (g_str_equal(words[0], "channel"))
                strings_add(script->channels, value);
        else
                g_hash_table_insert(script->options, g_strdup(words[0]), g_strdup(value));
}

Script *script_load(const char *path)
{
        Script *script = g_new0(Script, 1);
        g_autofree char *text = NULL;
        g_autoptr(GError) error = NULL;

        g_file_get_contents(path, &text, NULL, &error);
        g_assert_no_error(error);
        script->path = g_strdup(path);
        script->lines = g_strsplit(text, "\n", -1);
        script->options = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        script->alt_nicknames = strings_new();
        script->mechanisms = strings_new();
        script->channels = strings_new();
        for (gsize i = 0; script->lines[i]; i++)
                if (g_str_has_prefix(script->lines[i], "@ "))
                        read_option(script, script->lines[i] + 2);
        return script;
}

void script_free(Script *script)
{
        if (!script)
                return;
        g_free(script->path);
        g_strfreev(script->lines);
        g_hash_table_unref(script->options);
        g_ptr_array_unref(script->alt_nicknames);
        g_ptr_array_unref(script->mechanisms);
        g_ptr_array_unref(script->channels);
        g_free(script);
}

static int compare_paths(const void *a, const void *b)
{
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

GStrv script_list(const char *folder)
{
        g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
        GPtrArray *paths = g_ptr_array_new();
        const char *name;

        g_assert_nonnull(dir);
        while ((name = g_dir_read_name(dir)))
                if (g_str_has_suffix(name, ".script"))
                        g_ptr_array_add(paths, g_build_filename(folder, name, NULL));
        qsort(paths->pdata, paths->len, sizeof(char *), compare_paths);
        g_ptr_array_add(paths, NULL);
        return (GStrv) g_ptr_array_free(paths, FALSE);
}

/* The challenge from its end, for a signature. */
static GBytes *sign(const guint8 *challenge, gsize len, gpointer user_data)
{
        guint8 *signature = g_malloc(len);

        for (gsize i = 0; i < len; i++)
                signature[i] = challenge[len - 1 - i];
        return g_bytes_new_take(signature, len);
}

IrcClient *script_client_new(const Script *script)
{
        const IrcClientOptions options = {
                .nickname = g_hash_table_lookup(script->options, "nick") ?: "me",
                .alt_nicknames = strings_get(script->alt_nicknames),
                .username = g_hash_table_lookup(script->options, "user"),
                .realname = g_hash_table_lookup(script->options, "real"),
                .password = g_hash_table_lookup(script->options, "password"),
                .sasl_mechanisms = strings_get(script->mechanisms),
                .sasl_account = g_hash_table_lookup(script->options, "account"),
                .sasl_password = g_hash_table_lookup(script->options, "sasl-password"),
                .sasl_required = g_hash_table_contains(script->options, "sasl-required"),
                .is_secure = g_hash_table_contains(script->options, "secure"),
                .sasl_plain_insecure =
                        g_hash_table_contains(script->options, "sasl-plain-insecure"),
                .channels = strings_get(script->channels),
                .use_labels = g_hash_table_contains(script->options, "labels"),
                .follow_sts = g_hash_table_contains(script->options, "sts"),
                .is_bot = g_hash_table_contains(script->options, "bot"),
                .away_message = g_hash_table_lookup(script->options, "away"),
                .fetch_history = g_hash_table_contains(script->options, "history"),
                .regain_nickname = g_hash_table_contains(script->options, "regain"),
                .track_accounts = g_hash_table_contains(script->options, "accounts"),
                .track_modes = g_hash_table_contains(script->options, "modes"),
                .no_implicit_names = g_hash_table_contains(script->options, "no-names"),
                .use_multiline = g_hash_table_contains(script->options, "multiline"),
                .ctcp_version = g_hash_table_lookup(script->options, "ctcp"),
                .encoding = g_hash_table_contains(script->options, "latin1") ? IRC_ENCODING_LATIN1
                                                                             : IRC_ENCODING_CP1252,
                .service_password = g_hash_table_lookup(script->options, "service-password"),
                .service_name = g_hash_table_lookup(script->options, "service"),
                .sasl_nonce = g_hash_table_lookup(script->options, "nonce"),
                .has_client_certificate = g_hash_table_contains(script->options, "certificate"),
                .sasl_sign = g_hash_table_contains(script->options, "key") ? sign : NULL,
        };

        return irc_client_new(&options);
}

static GBytes *unescape(const char *text)
{
        g_autoptr(GByteArray) bytes = g_byte_array_new();

        while (*text) {
                guint8 byte = (guint8) *text++;

                if (byte == '\\' && *text == 'x') {
                        byte = (guint8) (g_ascii_xdigit_value(text[1]) * 16 +
                                         g_ascii_xdigit_value(text[2]));
                        text += 3;
                }
                g_byte_array_append(bytes, &byte, 1);
        }
        return g_byte_array_free_to_bytes(g_steal_pointer(&bytes));
}

GBytes *script_input(const char *line)
{
        if (g_str_has_prefix(line, "< "))
                return g_bytes_new(line + 2, strlen(line + 2));
        if (g_str_has_prefix(line, "<x "))
                return unescape(line + 3);
        return NULL;
}

static char *render_message(const IrcEffect *effect)
{
        GString *text = g_string_new(NULL);
        const char *channel = effect->message.channel;

        g_string_printf(text, "= %s %s %s", irc_message_type_name(effect->message.type),
                effect->message.target, effect->message.sender);
        if (channel && !g_str_equal(channel, effect->message.target))
                g_string_append_printf(text, " in %s", channel);
        if (effect->message.account)
                g_string_append_printf(text, " account %s", effect->message.account);
        if (effect->message.msgid)
                g_string_append_printf(text, " id %s", effect->message.msgid);
        if (effect->message.reply_to)
                g_string_append_printf(text, " reply %s", effect->message.reply_to);
        if (effect->message.context)
                g_string_append_printf(text, " context %s", effect->message.context);
        if (effect->message.sent_at)
                g_string_append_printf(text, " at %" G_GINT64_FORMAT, effect->message.sent_at);
        if (effect->message.is_self)
                g_string_append(text, " self");
        if (effect->message.is_unconfirmed)
                g_string_append(text, " unconfirmed");
        if (effect->message.label)
                g_string_append_printf(text, " label %s", effect->message.label);
        if (effect->message.is_replay)
                g_string_append(text, " past");
        if (effect->message.is_bot)
                g_string_append(text, " bot");
        if (effect->message.raw) {
                g_string_append(text, " raw ");
                for (gsize i = 0; i < effect->message.raw_len; i++)
                        g_string_append_printf(text, "%02x", effect->message.raw[i]);
        }
        g_string_append_printf(text, ": %s", effect->message.content);
        g_assert_cmpint(effect->message.received_at, >=, SCRIPT_NOW);
        return g_string_free(text, FALSE);
}

static const char *or_none(const char *text)
{
        return text && *text ? text : "-";
}

static char *render_channel(const IrcEffect *effect, const char *name)
{
        return g_strdup_printf("= %s %s %s: %s", name, effect->channel.channel,
                or_none(effect->channel.by), effect->channel.text);
}

static char *render(const IrcEffect *effect)
{
        switch (effect->type) {
        case IRC_EFFECT_SEND:
                return g_strdup_printf("%s %s",
                        effect->send.is_secret    ? ">*"
                        : effect->send.keeps_next ? ">+"
                                                  : ">",
                        effect->send.line);
        case IRC_EFFECT_MESSAGE:
                return render_message(effect);
        case IRC_EFFECT_REGISTERED:
                return g_strconcat("= registered ", effect->self.nickname,
                        effect->self.old_nickname ? " was " : NULL, effect->self.old_nickname,
                        NULL);
        case IRC_EFFECT_SELF_RENAMED:
                return g_strdup_printf(
                        "= renamed %s %s", effect->self.old_nickname, effect->self.nickname);
        case IRC_EFFECT_NETWORK:
                return g_strdup_printf("= network %s", effect->network.name);
        case IRC_EFFECT_CHANNEL_JOINED:
                return g_strdup_printf("= joined %s", effect->channel.channel);
        case IRC_EFFECT_CHANNEL_LEFT:
                return g_strdup_printf("= left %s", effect->channel.channel);
        case IRC_EFFECT_TOPIC:
                return render_channel(effect, "topic");
        case IRC_EFFECT_MEMBER:
                return g_strdup_printf("= member %s %s %s %s", effect->member.channel,
                        or_none(effect->member.prefixes), effect->member.nickname,
                        or_none(effect->member.account));
        case IRC_EFFECT_MEMBER_RENAMED:
                return g_strdup_printf("= member-renamed %s %s %s", effect->member.channel,
                        effect->member.nickname, effect->member.new_nickname);
        case IRC_EFFECT_MEMBER_GONE:
                return g_strdup_printf(
                        "= member-gone %s %s", effect->member.channel, effect->member.nickname);
        case IRC_EFFECT_USERS_CHANGED:
                return g_strdup_printf("= users %s", effect->channel.channel);
        case IRC_EFFECT_KICKED:
                return render_channel(effect, "kicked");
        case IRC_EFFECT_INVITED:
                return g_strdup_printf(
                        "= invited %s %s", effect->channel.channel, effect->channel.by);
        case IRC_EFFECT_REPLY_ERROR:
        case IRC_EFFECT_REPLY_NOTE:
                return g_strdup_printf("= %s %s %s %s%s%s: %s",
                        effect->type == IRC_EFFECT_REPLY_NOTE ? "note" : "error",
                        effect->reply.code, or_none(effect->reply.command),
                        or_none(effect->reply.context), effect->reply.label ? " label " : "",
                        effect->reply.label ?: "", effect->reply.text);
        case IRC_EFFECT_ANSWERED:
                return g_strdup_printf("= answered %s %s %s id %s %s: %s", effect->answer.label,
                        or_none(effect->answer.command), or_none(effect->answer.target),
                        or_none(effect->answer.msgid), or_none(effect->answer.code),
                        effect->answer.text ?: "");
        case IRC_EFFECT_HISTORY:
                return g_strdup_printf("= history %s %u: %s", effect->history.target,
                        effect->history.n_lines, or_none(effect->history.failure));
        case IRC_EFFECT_HISTORY_TARGET:
                return g_strdup_printf("= history-target %s %" G_GINT64_FORMAT, effect->read.target,
                        effect->read.time);
        case IRC_EFFECT_READ_MARKER:
                return g_strdup_printf(
                        "= read %s %" G_GINT64_FORMAT, effect->read.target, effect->read.time);
        case IRC_EFFECT_REDACTED:
                return g_strdup_printf("= redacted %s %s %s: %s", effect->redaction.target,
                        effect->redaction.msgid, effect->redaction.by,
                        or_none(effect->redaction.text));
        case IRC_EFFECT_CHANNEL_RENAMED:
                return g_strdup_printf("= channel-renamed %s %s %s: %s", effect->rename.channel,
                        effect->rename.new_channel, or_none(effect->rename.by),
                        effect->rename.text);
        case IRC_EFFECT_SELF_AWAY:
                return g_strdup(effect->away.is_away ? "= away" : "= back");
        case IRC_EFFECT_STS:
                return g_strdup_printf("= sts%s port %u duration %" G_GINT64_FORMAT "%s",
                        effect->sts.is_upgrade ? " upgrade" : "", effect->sts.port,
                        effect->sts.duration, effect->sts.is_preload ? " preload" : "");
        case IRC_EFFECT_PONG:
                return g_strdup_printf("= pong %s", effect->pong.token);
        case IRC_EFFECT_CLOSE:
                return g_strdup_printf(
                        "= close %s: %s", ic_error_code(effect->close.error), effect->close.text);
        }
        g_assert_not_reached();
}

/* Control characters as \xHH, and no space at the end. */
char *script_render(const IrcEffect *effect)
{
        g_autofree char *plain = render(effect);
        GString *text = g_string_new(NULL);

        for (const char *c = g_strchomp(plain); *c; c++) {
                if (g_ascii_iscntrl(*c))
                        g_string_append_printf(text, "\\x%02x", (guint8) *c);
                else
                        g_string_append_c(text, *c);
        }
        return g_string_free(text, FALSE);
}

int script_main(int argc, char *argv[], const char *prefix, GTestDataFunc test)
{
        g_auto(GStrv) paths = NULL;

        g_test_init(&argc, &argv, NULL);
        paths = script_list(g_getenv("IRC_SCRIPTS"));
        g_assert_nonnull(paths[0]);
        for (gsize i = 0; paths[i]; i++) {
                g_autofree char *name = g_path_get_basename(paths[i]);
                g_autofree char *path = g_strdup_printf("%s/%s", prefix, name);

                g_test_add_data_func(path, paths[i], test);
        }
        return g_test_run();
}
