/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Rows written and read behind the controller's back. */

#include "controller-servers.h"

#include <unistd.h>

#include "store/tenants.h"

/* The tenant's database, as a worker would open it. */
IcStore *servers_open(ControllerHost *host)
{
        g_autofree char *folder = ic_tenants_folder(host->state_dir, getuid());
        g_autoptr(GError) error = NULL;
        IcStore *store = NULL;

        g_assert_true(ic_store_open(folder, 0, &store, &error));
        g_assert_no_error(error);
        return store;
}

IcServerRow *servers_read(ControllerHost *host, uint32_t id)
{
        g_autoptr(IcStore) store = servers_open(host);
        g_autoptr(GError) error = NULL;
        IcServerRow *row = NULL;

        g_assert_true(ic_store_server_read(store, id, &row, &error));
        return row;
}

void servers_add_one(ControllerHost *host, const char *settings)
{
        g_autofree char *parameters = g_strdup_printf("(@a{sv} %s,)", settings);

        controller_host_call(host, "AddServer", parameters);
}

void servers_add(ControllerHost *host, guint n)
{
        for (guint i = 0; i < n; i++) {
                servers_add_one(host, "{'address': <'irc.example.org'>}");
                g_assert_no_error(host->error);
        }
}

/* As a worker does when its link is up. */
void servers_pretend_connected(ControllerHost *host, uint32_t id)
{
        g_autoptr(IcStore) store = servers_open(host);

        g_assert_true(ic_store_server_set_process(store, id, 4711, "/run/x.sock", NULL));
        g_assert_true(ic_store_server_set_status(store, id, "connected", 99, NULL, NULL));
        g_assert_true(ic_store_server_set_connected(store, id, 99, "nick", "Example", NULL));
}

void servers_expect(ControllerHost *host, const char *key, const char *expected)
{
        g_autoptr(GVariant) value = controller_host_lookup(host, key);
        g_autofree char *text = value ? g_variant_print(value, FALSE) : NULL;

        g_assert_cmpstr(text, ==, expected);
}
