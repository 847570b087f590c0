/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* A strict, bounded reader of one JSON object (RFC 8259 and nothing more: no comments, no trailing
 * commas, no second value), which also says where each value stands in the text: an `id` is
 * repeated as it was written, 20 digits and all. */

#pragma once

#include <glib.h>
#include <stdbool.h>

#define IC_JSON_DEPTH_MAX 8u    /* objects and lists in one another, the outermost counted */
#define IC_JSON_MEMBERS_MAX 64u /* of the outermost object */

typedef enum {
        IC_JSON_STRING,
        IC_JSON_NUMBER,
        IC_JSON_STRINGS, /* a list that holds strings and nothing else */
        IC_JSON_OTHER,   /* checked, but of no use to anybody here */
} IcJsonType;

typedef struct {
        char *key;
        IcJsonType type;
        const char *raw; /* the value as written; borrowed from the text */
        gsize raw_len;
        char *string;  /* of IC_JSON_STRING */
        GStrv strings; /* of IC_JSON_STRINGS */
        bool has_nul;  /* the text has a \u0000, which `string` and `strings` leave out */
} IcJsonMember;

/* Appends the members of the object in `text` to `members` (in their order, duplicates included);
 * those before a mistake are there even when this fails. Errors: BAD_REQUEST, with the place. */
bool ic_json_object_read(
        const char *text, gsize len, GArray *members, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A GArray of IcJsonMember that clears its elements. */
GArray *ic_json_members_new(void);
void ic_json_member_clear(IcJsonMember *member);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(IcJsonMember, ic_json_member_clear)
