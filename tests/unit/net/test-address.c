/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The order in which addresses are tried, and their text. */

#include "loopback.h"
#include "net/address.h"

static void test_interleave(void)
{
        static const struct {
                const char *resolved;
                const char *order;
        } cases[] = {
                {"", ""},
                {"192.0.2.1", "192.0.2.1"},
                {"2001:db8::1 192.0.2.1", "2001:db8::1 192.0.2.1"},
                {"192.0.2.1 2001:db8::1", "192.0.2.1 2001:db8::1"},
                {"2001:db8::1 2001:db8::2 192.0.2.1", "2001:db8::1 192.0.2.1 2001:db8::2"},
                {"2001:db8::1 2001:db8::2 2001:db8::3 192.0.2.1 192.0.2.2",
                        "2001:db8::1 192.0.2.1 2001:db8::2 192.0.2.2 2001:db8::3"},
                {"192.0.2.1 192.0.2.2 192.0.2.3", "192.0.2.1 192.0.2.2 192.0.2.3"},
                {"192.0.2.1 192.0.2.2 192.0.2.3 2001:db8::1",
                        "192.0.2.1 2001:db8::1 192.0.2.2 192.0.2.3"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_auto(GStrv) names = g_strsplit(cases[i].resolved, " ", -1);
                g_autoptr(GString) got = g_string_new(NULL);
                g_autoptr(GPtrArray) order = NULL;
                GList *addresses = NULL;

                for (char **name = names; *name; name++)
                        addresses = g_list_append(addresses, g_inet_address_new_from_string(*name));
                order = ic_address_interleave(addresses);
                for (guint n = 0; n < order->len; n++) {
                        g_autofree char *text =
                                g_inet_address_to_string(g_ptr_array_index(order, n));

                        g_string_append_printf(got, "%s%s", n > 0 ? " " : "", text);
                }
                g_assert_cmpstr(got->str, ==, cases[i].order);
                g_list_free_full(addresses, g_object_unref);
        }
}

static void test_text(void)
{
        g_autoptr(GInetAddress) address = g_inet_address_new_from_string("2001:db8::1");
        g_autofree char *text = ic_address_to_text(address, 6697);
        g_autofree char *nobody = ic_address_of_peer(-1);

        g_assert_cmpstr(text, ==, "2001:db8::1 port 6697");
        g_assert_cmpstr(nobody, ==, "an unknown peer");
}

int main(int argc, char *argv[])
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/net/address/interleave", test_interleave);
        g_test_add_func("/net/address/text", test_text);
        return g_test_run();
}
