/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The verbs of ircctl. Each gets the arguments behind its name, as many as the table in main.c
 * allows, and shows its result on standard output. */

#pragma once

#include "ctl/ctl.h"

typedef bool (*CtlVerbFunc)(Ctl *ctl, char **arguments, GError **error);

typedef struct {
        const char *name;
        const char *arguments; /* for people */
        unsigned min, max;     /* number of arguments */
        CtlVerbFunc run;
        bool may_need_password;
        const char *description; /* to be translated */
        bool is_local;           /* does without the bus */
} CtlVerb;

#define CTL_ANY_NUMBER G_MAXUINT

bool verb_add(Ctl *ctl, char **arguments, GError **error);
bool verb_set(Ctl *ctl, char **arguments, GError **error);
bool verb_remove(Ctl *ctl, char **arguments, GError **error);
bool verb_set_credential(Ctl *ctl, char **arguments, GError **error);
bool verb_remove_credential(Ctl *ctl, char **arguments, GError **error);

bool verb_list(Ctl *ctl, char **arguments, GError **error);
bool verb_status(Ctl *ctl, char **arguments, GError **error);

bool verb_health(Ctl *ctl, char **arguments, GError **error);
bool verb_config(Ctl *ctl, char **arguments, GError **error);

bool verb_blocked(Ctl *ctl, char **arguments, GError **error);
bool verb_block(Ctl *ctl, char **arguments, GError **error);
bool verb_unblock(Ctl *ctl, char **arguments, GError **error);

bool verb_connect(Ctl *ctl, char **arguments, GError **error);
bool verb_disconnect(Ctl *ctl, char **arguments, GError **error);
bool verb_restart(Ctl *ctl, char **arguments, GError **error);

bool verb_join(Ctl *ctl, char **arguments, GError **error);
bool verb_part(Ctl *ctl, char **arguments, GError **error);
bool verb_say(Ctl *ctl, char **arguments, GError **error);
bool verb_notice(Ctl *ctl, char **arguments, GError **error);
bool verb_nick(Ctl *ctl, char **arguments, GError **error);

bool verb_follow(Ctl *ctl, char **arguments, GError **error);
bool verb_history(Ctl *ctl, char **arguments, GError **error);
bool verb_search(Ctl *ctl, char **arguments, GError **error);
