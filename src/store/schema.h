/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The schema of irc.db and its versions. */

#pragma once

#include <glib.h>
#include <stdbool.h>

#include "store/database.h"

/* "IRCC": tells our database from another program's, also for file(1). */
#define IC_SCHEMA_APPLICATION_ID 0x49524343

/* The statements that lead from each version to the next, from 0 (an empty file) on. */
const char *const *ic_schema_migrations(int *ret_count);

/* Brings the database to version `count`, or leaves it as it is. STORE_SCHEMA when it is newer, or
 * older and read-only; STORE_CORRUPT when it is another program's. */
bool ic_schema_migrate(IcStore *store, const char *const *migrations, int count,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Whether it is not newer than `count`; without a change to the file. */
bool ic_schema_check(IcStore *store, int count, GError **error) G_GNUC_WARN_UNUSED_RESULT;
