/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The settings in force: read anew when their files have changed, so that a change needs no
 * restart. */

#pragma once

#include "base/name.h"
#include "config/settings.h"

typedef struct IcSettingsCache IcSettingsCache;

IcSettingsCache *ic_settings_cache_new(IcScope scope);
void ic_settings_cache_free(IcSettingsCache *cache);

/* Looks at the files, and logs each of their problems once. What is answered is good until the next
 * call. */
const IcSettings *ic_settings_cache_get(IcSettingsCache *cache);

/* "NAME=VALUE in FILE:LINE", or "NAME=VALUE by default". */
char *ic_settings_origin(const IcSettings *settings, const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IcSettingsCache, ic_settings_cache_free)
