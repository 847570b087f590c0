/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* ISUPPORT. All tokens are kept as they came; those that matter for every line are decoded when
 * they change. */

#include "irc/isupport.h"

#include <string.h>

#define DEFAULT_CHANTYPES "#&"
/* A server that cannot make up its mind is followed so often. */
#define CASEMAPS_MAX 16
#define DEFAULT_PREFIX "(ov)@+"
/* What RFC 1459 and the servers since have in common. */
#define DEFAULT_CHANMODES "beI,k,l,imnpst"

typedef void (*DecodeFunc)(IrcIsupport *isupport, const char *value);

/* Single characters are looked up in these values: half of a longer one must not be found. */
static const char *ascii_or(const char *value, const char *fallback)
{
        return value && g_str_is_ascii(value) ? value : fallback;
}

static void decode_casemapping(IrcIsupport *isupport, const char *value)
{
        IrcCasemap casemap = value ? irc_casemap_from_name(value) : IRC_CASEMAP_RFC1459;

        /* Each change gives every name a new place. */
        if (casemap == isupport->casemap || isupport->n_casemaps >= CASEMAPS_MAX)
                return;
        isupport->casemap = casemap;
        isupport->n_casemaps++;
}

static void decode_chantypes(IrcIsupport *isupport, const char *value)
{
        g_free(isupport->chantypes);
        isupport->chantypes = g_strdup(ascii_or(value, DEFAULT_CHANTYPES));
}

static void decode_statusmsg(IrcIsupport *isupport, const char *value)
{
        g_free(isupport->statusmsg);
        isupport->statusmsg = g_strdup(ascii_or(value, ""));
}

/* "(ov)@+"; empty for no prefixes at all. */
static bool split_prefix(const char *value, char **ret_modes, char **ret_symbols)
{
        const char *close = strchr(value, ')');
        gsize n;

        if (*value == '\0') {
                *ret_modes = g_strdup("");
                *ret_symbols = g_strdup("");
                return true;
        }
        if (*value != '(' || !close)
                return false;
        n = (gsize) (close - value) - 1;
        if (n > IRC_ISUPPORT_PREFIXES_MAX || strlen(close + 1) != n)
                return false;
        *ret_modes = g_strndup(value + 1, n);
        *ret_symbols = g_strdup(close + 1);
        return true;
}

static void decode_prefix(IrcIsupport *isupport, const char *value)
{
        g_free(isupport->prefix_modes);
        g_free(isupport->prefix_symbols);
        if (!split_prefix(ascii_or(value, DEFAULT_PREFIX), &isupport->prefix_modes,
                    &isupport->prefix_symbols))
                split_prefix(DEFAULT_PREFIX, &isupport->prefix_modes, &isupport->prefix_symbols);
}

static void decode_chanmodes(IrcIsupport *isupport, const char *value)
{
        g_auto(GStrv) kinds = g_strsplit(value ?: DEFAULT_CHANMODES, ",", -1);
        gsize n = g_strv_length(kinds);

        for (gsize i = 0; i < G_N_ELEMENTS(isupport->chanmodes); i++) {
                g_free(isupport->chanmodes[i]);
                isupport->chanmodes[i] = g_strdup(i < n ? kinds[i] : "");
        }
}

static const struct {
        const char *name;
        DecodeFunc decode; /* NULL for a value: back to the default */
} decoders[] = {
        {"CASEMAPPING", decode_casemapping},
        {"CHANMODES", decode_chanmodes},
        {"CHANTYPES", decode_chantypes},
        {"PREFIX", decode_prefix},
        {"STATUSMSG", decode_statusmsg},
};

static void decode(IrcIsupport *isupport, const char *name, const char *value)
{
        for (gsize i = 0; i < G_N_ELEMENTS(decoders); i++)
                if (g_str_equal(decoders[i].name, name))
                        decoders[i].decode(isupport, value);
}

IrcIsupport *irc_isupport_new(void)
{
        IrcIsupport *isupport = g_new0(IrcIsupport, 1);

        isupport->tokens = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        for (gsize i = 0; i < G_N_ELEMENTS(decoders); i++)
                decoders[i].decode(isupport, NULL);
        return isupport;
}

void irc_isupport_free(IrcIsupport *isupport)
{
        if (!isupport)
                return;
        g_hash_table_unref(isupport->tokens);
        g_free(isupport->chantypes);
        g_free(isupport->prefix_modes);
        g_free(isupport->prefix_symbols);
        g_free(isupport->statusmsg);
        for (gsize i = 0; i < G_N_ELEMENTS(isupport->chanmodes); i++)
                g_free(isupport->chanmodes[i]);
        g_free(isupport);
}

/* \xHH, but not NUL and line ends, and not what would make the value other than UTF-8. */
static char *unescape_value(const char *value)
{
        g_autoptr(GString) text = g_string_new(NULL);

        while (*value) {
                if (value[0] == '\\' && value[1] == 'x' && g_ascii_isxdigit(value[2]) &&
                        g_ascii_isxdigit(value[3])) {
                        int byte = g_ascii_xdigit_value(value[2]) * 16 +
                                   g_ascii_xdigit_value(value[3]);

                        if (byte != '\0' && byte != '\r' && byte != '\n')
                                g_string_append_c(text, (char) byte);
                        value += 4;
                } else {
                        g_string_append_c(text, *value++);
                }
        }
        if (!g_utf8_validate(text->str, (gssize) text->len, NULL))
                return NULL;
        return g_string_free(g_steal_pointer(&text), FALSE);
}

static bool set_token(IrcIsupport *isupport, const char *name, char *value)
{
        g_autofree char *owned = value;
        const char *old = irc_isupport_get(isupport, name);

        if (!*name || !owned || strlen(name) > IRC_ISUPPORT_VALUE_MAX ||
                strlen(owned) > IRC_ISUPPORT_VALUE_MAX || g_strcmp0(old, owned) == 0)
                return false;
        if (!old && g_hash_table_size(isupport->tokens) >= IRC_ISUPPORT_TOKENS_MAX)
                return false;
        decode(isupport, name, owned);
        g_hash_table_replace(isupport->tokens, g_strdup(name), g_steal_pointer(&owned));
        return true;
}

bool irc_isupport_take(IrcIsupport *isupport, const char *token)
{
        const char *mark = strchr(token, '=');
        g_autofree char *name = NULL;

        if (!g_utf8_validate(token, -1, NULL))
                return false;
        if (token[0] == '-') {
                if (!g_hash_table_remove(isupport->tokens, token + 1))
                        return false;
                decode(isupport, token + 1, NULL);
                return true;
        }
        if (!mark)
                return set_token(isupport, token, g_strdup(""));
        name = g_strndup(token, (gsize) (mark - token));
        return set_token(isupport, name, unescape_value(mark + 1));
}

const char *irc_isupport_get(const IrcIsupport *isupport, const char *name)
{
        return g_hash_table_lookup(isupport->tokens, name);
}

bool irc_isupport_has(const IrcIsupport *isupport, const char *name)
{
        return g_hash_table_contains(isupport->tokens, name);
}

static bool read_number(const char *text, guint *ret_number)
{
        guint64 number;

        if (!g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT - 1, &number, NULL))
                return false;
        *ret_number = (guint) number;
        return true;
}

guint irc_isupport_get_number(const IrcIsupport *isupport, const char *name, guint fallback)
{
        const char *value = irc_isupport_get(isupport, name);
        guint number;

        return value && read_number(value, &number) ? number : fallback;
}

/* Goes through "a:1,b:2,c:"; answers whether an item's key is taken by `is_key`. */
static bool find_in_list(const char *list, bool (*is_key)(const char *key, gconstpointer wanted),
        gconstpointer wanted, guint *ret_number)
{
        g_auto(GStrv) items = g_strsplit(list, ",", -1);

        for (gsize i = 0; items[i]; i++) {
                char *mark = strchr(items[i], ':');

                if (mark)
                        *mark = '\0';
                if (!is_key(items[i], wanted))
                        continue;
                if (!mark || !read_number(mark + 1, ret_number))
                        *ret_number = G_MAXUINT;
                return true;
        }
        return false;
}

static bool is_letter_in(const char *key, gconstpointer wanted)
{
        return strchr(key, *(const char *) wanted) != NULL;
}

static bool is_command(const char *key, gconstpointer wanted)
{
        return g_ascii_strcasecmp(key, wanted) == 0;
}

guint irc_isupport_get_limit(const IrcIsupport *isupport, const char *name, char key)
{
        const char *value = irc_isupport_get(isupport, name);
        guint number;

        if (!value || key == '\0' || !find_in_list(value, is_letter_in, &key, &number))
                return G_MAXUINT;
        return number;
}

guint irc_isupport_get_targets(const IrcIsupport *isupport, const char *command)
{
        const char *value = irc_isupport_get(isupport, "TARGMAX");
        guint number;

        if (value && find_in_list(value, is_command, command, &number))
                return MAX(number, 1);
        return is_command("JOIN", command) || is_command("PART", command) ? G_MAXUINT : 1;
}

char irc_isupport_get_letter(const IrcIsupport *isupport, const char *name)
{
        const char *value = irc_isupport_get(isupport, name);

        if (!value)
                return '\0';
        if (*value)
                return *value;
        if (g_str_equal(name, "EXCEPTS"))
                return 'e';
        return g_str_equal(name, "INVEX") ? 'I' : '\0';
}

bool irc_isupport_is_tag_denied(const IrcIsupport *isupport, const char *tag)
{
        const char *value = irc_isupport_get(isupport, "CLIENTTAGDENY");
        g_auto(GStrv) items = g_strsplit(value ?: "", ",", -1);
        bool denies_all = items[0] && g_str_equal(items[0], "*");

        for (gsize i = 0; items[i]; i++) {
                if (denies_all && items[i][0] == '-' && g_str_equal(items[i] + 1, tag))
                        return false;
                if (!denies_all && g_str_equal(items[i], tag))
                        return true;
        }
        return denies_all;
}

bool irc_isupport_is_channel(const IrcIsupport *isupport, const char *target)
{
        return *target && strchr(isupport->chantypes, *target);
}

const char *irc_isupport_channel_of(const IrcIsupport *isupport, const char *target)
{
        const char *rest = target;

        /* "+#a" is a channel of its own where '+' is a channel type. */
        if (irc_isupport_is_channel(isupport, target) &&
                !(strchr(isupport->statusmsg, *target) &&
                        irc_isupport_is_channel(isupport, target + 1)))
                return target;
        while (*rest && strchr(isupport->statusmsg, *rest))
                rest++;
        return rest != target && irc_isupport_is_channel(isupport, rest) ? rest : NULL;
}

IrcModeKind irc_isupport_mode_kind(const IrcIsupport *isupport, char mode)
{
        static const IrcModeKind kinds[] = {
                IRC_MODE_LIST, IRC_MODE_ALWAYS, IRC_MODE_WHEN_SET, IRC_MODE_FLAG};

        if (mode == '\0')
                return IRC_MODE_FLAG;
        if (strchr(isupport->prefix_modes, mode))
                return IRC_MODE_PREFIX;
        for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
                if (strchr(isupport->chanmodes[i], mode))
                        return kinds[i];
        return IRC_MODE_FLAG;
}

char irc_isupport_prefix_of(const IrcIsupport *isupport, char mode)
{
        const char *at = mode ? strchr(isupport->prefix_modes, mode) : NULL;

        return at ? isupport->prefix_symbols[at - isupport->prefix_modes] : '\0';
}

GVariant *irc_isupport_to_variant(const IrcIsupport *isupport)
{
        GVariantBuilder builder;
        GHashTableIter iter;
        gpointer name, value;

        g_variant_builder_init(&builder, G_VARIANT_TYPE("a{ss}"));
        g_hash_table_iter_init(&iter, isupport->tokens);
        while (g_hash_table_iter_next(&iter, &name, &value))
                g_variant_builder_add(&builder, "{ss}", (const char *) name, (const char *) value);
        return g_variant_builder_end(&builder);
}

void irc_isupport_restore(IrcIsupport *isupport, GVariant *variant)
{
        GVariantIter iter;
        const char *name, *value;

        if (!g_variant_is_of_type(variant, G_VARIANT_TYPE("a{ss}")))
                return;
        g_variant_iter_init(&iter, variant);
        while (g_variant_iter_next(&iter, "{&s&s}", &name, &value))
                set_token(isupport, name, g_strdup(value));
}
