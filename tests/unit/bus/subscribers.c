/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Signals to subscribers: nobody else hears them, and who leaves the bus is none any more. */

#include "bus/subscribers.h"

#include "bus/source.h"
#include "private-bus.h"

#define INTERFACE "org.example.Guarded"

typedef struct {
        PrivateBus *daemon;
        sd_bus *bus;
        IcBusSource *source;
        IcCallers *callers;
} Fixture;

static void fixture_init(Fixture *fixture)
{
        fixture->daemon = private_bus_new();
        fixture->bus = private_bus_connect(fixture->daemon);
        fixture->callers = ic_callers_new(fixture->bus, IC_SCOPE_SYSTEM);
        fixture->source = ic_bus_attach(fixture->bus, NULL, NULL);
}

static void fixture_clear(Fixture *fixture)
{
        ic_callers_free(fixture->callers);
        ic_bus_detach(fixture->source);
        sd_bus_flush_close_unref(fixture->bus);
        private_bus_free(fixture->daemon);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fixture, fixture_clear)

static int fill_word(sd_bus_message *signal, gconstpointer data)
{
        return sd_bus_message_append(signal, "s", (const char *) data);
}

typedef struct {
        sd_bus *bus;
        IcBusSource *source;
        GString *heard;
} Listener;

static int on_word(sd_bus_message *signal, void *user_data, sd_bus_error *ret_error)
{
        Listener *listener = user_data;
        const char *word;

        g_assert_cmpint(sd_bus_message_read(signal, "s", &word), >, 0);
        g_string_append(listener->heard, word);
        return 0;
}

static void listener_init(Listener *listener, PrivateBus *daemon)
{
        listener->heard = g_string_new(NULL);
        listener->bus = private_bus_connect(daemon);
        g_assert_cmpint(sd_bus_match_signal(listener->bus, NULL, NULL, NULL, INTERFACE, "Word",
                                on_word, listener),
                >=, 0);
        listener->source = ic_bus_attach(listener->bus, NULL, NULL);
}

static void listener_clear(Listener *listener)
{
        ic_bus_detach(listener->source);
        sd_bus_flush_close_unref(listener->bus);
        g_string_free(listener->heard, TRUE);
}

static const char *name_of(sd_bus *bus)
{
        const char *name;

        g_assert_cmpint(sd_bus_get_unique_name(bus, &name), >=, 0);
        return name;
}

static bool has_heard(gpointer user_data)
{
        return g_str_has_suffix(((Listener *) user_data)->heard->str, ".");
}

static bool is_empty(gpointer user_data)
{
        return ic_subscribers_is_empty(user_data);
}

static void test_subscribers(void)
{
        g_auto(Fixture) fixture = {0};
        Listener subscriber, stranger;
        g_autoptr(IcSubscribers) subscribers = NULL;
        g_auto(GStrv) exported = NULL;

        fixture_init(&fixture);
        listener_init(&subscriber, fixture.daemon);
        listener_init(&stranger, fixture.daemon);
        subscribers = ic_subscribers_new(fixture.bus, fixture.callers);
        g_assert_true(ic_subscribers_add(subscribers, name_of(subscriber.bus)));
        g_assert_true(ic_subscribers_add(subscribers, name_of(subscriber.bus)));
        ic_subscribers_send(subscribers, "/guarded", INTERFACE, "Word", fill_word, "secret");
        sd_bus_emit_signal(fixture.bus, "/guarded", INTERFACE, "Word", "s", ".");
        wait_for(has_heard, &subscriber);
        wait_for(has_heard, &stranger);
        g_assert_cmpstr(subscriber.heard->str, ==, "secret.");
        g_assert_cmpstr(stranger.heard->str, ==, ".");

        /* The next process on the same bus goes on; on another bus it does not. */
        exported = ic_subscribers_export(subscribers);
        g_assert_cmpuint(g_strv_length(exported), ==, 2);
        g_clear_pointer(&subscribers, ic_subscribers_free);
        subscribers = ic_subscribers_new(fixture.bus, fixture.callers);
        ic_subscribers_restore(subscribers, (const char *const *) exported);
        g_assert_false(ic_subscribers_is_empty(subscribers));
        exported[0][0] = exported[0][0] == '0' ? '1' : '0';
        ic_subscribers_remove(subscribers, name_of(subscriber.bus));
        ic_subscribers_restore(subscribers, (const char *const *) exported);
        g_assert_true(ic_subscribers_is_empty(subscribers));

        /* Who leaves is no subscriber any more. */
        g_assert_true(ic_subscribers_add(subscribers, name_of(subscriber.bus)));
        listener_clear(&subscriber);
        wait_for(is_empty, subscribers);
        listener_clear(&stranger);
        g_clear_pointer(&subscribers, ic_subscribers_free);
}

static void test_subscribers_bound(void)
{
        g_auto(Fixture) fixture = {0};
        IcSubscribers *subscribers;

        fixture_init(&fixture);
        subscribers = ic_subscribers_new(fixture.bus, fixture.callers);
        for (guint i = 0; i < IC_SUBSCRIBERS_MAX; i++) {
                g_autofree char *name = g_strdup_printf(":1.%u", 100000 + i);

                g_assert_true(ic_subscribers_add(subscribers, name));
        }
        g_assert_false(ic_subscribers_add(subscribers, ":1.99"));
        wait_for(is_empty, subscribers);
        ic_subscribers_free(subscribers);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/bus/subscribers/unicast", test_subscribers);
        g_test_add_func("/bus/subscribers/bound", test_subscribers_bound);
        return g_test_run();
}
