/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The one table of settings. */

#pragma once

#include "config/settings.h"

typedef enum {
        IC_SETTING_COUNT,  /* uint32_t */
        IC_SETTING_SPAN,   /* gint64, microseconds */
        IC_SETTING_CHOICE, /* an enum */
        IC_SETTING_TEXT,   /* char *, characters that can be seen */
} IcSettingType;

typedef struct {
        const char *name; /* in the files */
        IcSettingType type;
        gsize offset;               /* in IcSettings */
        gint64 min, max;            /* of COUNT and SPAN; of TEXT, characters */
        const char *const *choices; /* of CHOICE: in the order of the enum, NULL at the end */
        const char *default_text;   /* as a file has it */
        const char *description;    /* one line, for people */
} IcSettingKey;

/* In the order in which they are shown. */
const IcSettingKey *ic_setting_keys(gsize *ret_count);
