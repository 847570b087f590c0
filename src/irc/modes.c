/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The set of modes: a slot for each letter, made when the first is set. */

#include "irc/modes.h"

#include <string.h>

#define VARIANT_TYPE "a(ys)"

void irc_modes_free(IrcModes *modes)
{
        for (gsize i = 0; modes && i < G_N_ELEMENTS(modes->arguments); i++)
                g_free(modes->arguments[i]);
        g_free(modes);
}

bool irc_modes_set(IrcModes **modes, char letter, const char *argument)
{
        char **slot;

        if (!g_ascii_isalnum(letter))
                return false;
        if (!argument || strlen(argument) > IRC_MODE_ARGUMENT_MAX)
                argument = "";
        if (!*modes)
                *modes = g_new0(IrcModes, 1);
        slot = &(*modes)->arguments[(guint8) letter];
        if (g_strcmp0(*slot, argument) == 0)
                return false;
        g_free(*slot);
        *slot = g_strdup(argument);
        return true;
}

bool irc_modes_unset(IrcModes **modes, char letter)
{
        if (!*modes || !g_ascii_isalnum(letter) || !(*modes)->arguments[(guint8) letter])
                return false;
        g_clear_pointer(&(*modes)->arguments[(guint8) letter], g_free);
        return true;
}

char *irc_modes_to_text(const IrcModes *modes)
{
        g_autoptr(GString) arguments = g_string_new(NULL);
        GString *text = g_string_new("+");

        for (gsize i = 0; modes && i < G_N_ELEMENTS(modes->arguments); i++) {
                if (!modes->arguments[i])
                        continue;
                g_string_append_c(text, (char) i);
                if (*modes->arguments[i])
                        g_string_append_printf(arguments, " %s", modes->arguments[i]);
        }
        g_string_append(text, arguments->str);
        return g_string_free(text, text->len == 1);
}

GVariant *irc_modes_to_variant(const IrcModes *modes)
{
        GVariantBuilder builder;

        g_variant_builder_init(&builder, G_VARIANT_TYPE(VARIANT_TYPE));
        for (gsize i = 0; modes && i < G_N_ELEMENTS(modes->arguments); i++)
                if (modes->arguments[i])
                        g_variant_builder_add(&builder, "(ys)", (guint8) i, modes->arguments[i]);
        return g_variant_builder_end(&builder);
}

IrcModes *irc_modes_from_variant(GVariant *variant)
{
        IrcModes *modes = NULL;
        GVariantIter iter;
        const char *argument;
        guint8 letter;

        if (!g_variant_is_of_type(variant, G_VARIANT_TYPE(VARIANT_TYPE)))
                return NULL;
        g_variant_iter_init(&iter, variant);
        while (g_variant_iter_next(&iter, "(y&s)", &letter, &argument))
                irc_modes_set(&modes, (char) letter, argument);
        return modes;
}
