/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Who calls, and what polkit makes of it: real callers of two uids on a real dbus-daemon, and an
 * authority whose answers the test decides. */

#include "bus/caller.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bus/source.h"
#include "private-bus.h"

#define STRANGER 65534u
#define OWNER 4242u
#define DENIED "org.ircconn1.Error.AccessDenied"
#define FULL "org.ircconn1.Error.QueueFull"
#define INTERFACE "org.example.Guarded"

typedef enum {
        POLKIT_ABSENT,
        POLKIT_YES,
        POLKIT_NO,
        POLKIT_CHALLENGE,
        POLKIT_LATER, /* it thinks until polkit_decide() */
} Polkit;

typedef struct {
        PrivateBus *daemon;
        sd_bus *bus;
        IcBusSource *source;
        IcCallers *callers;
        sd_bus *polkit_bus;
        IcBusSource *polkit_source;
        Polkit polkit;
        guint n_asked;
        guint32 last_flags;
        sd_bus_message *thinking; /* a question not answered yet */
        uid_t owner;
        GString *log; /* arguments of the calls that were let through */
        uid_t last_uid;
        char *gone;
        bool is_child_over;
        int child_status;
} Fixture;

static int method_who(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
        Fixture *fixture = user_data;

        fixture->last_uid = ic_callers_uid(fixture->callers, message);
        return sd_bus_reply_method_return(message, NULL);
}

static int method_open(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
        Fixture *fixture = user_data;
        const char *argument;

        g_assert_cmpint(sd_bus_message_read(message, "s", &argument), >, 0);
        g_string_append(fixture->log, argument);
        return sd_bus_reply_method_return(message, NULL);
}

static int method_guarded(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
        Fixture *fixture = user_data;
        int r = ic_callers_check(
                fixture->callers, message, fixture->owner, IC_ACTION_MANAGE, ret_error);

        if (r <= 0)
                return r < 0 ? r : 1;
        return method_open(message, user_data, ret_error);
}

/* Two questions for one call. */
static int method_twice(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
        Fixture *fixture = user_data;
        int r = ic_callers_check(fixture->callers, message, OWNER, IC_ACTION_MANAGE, ret_error);

        if (r > 0)
                r = ic_callers_check(fixture->callers, message, OWNER, IC_ACTION_ADD, ret_error);
        if (r <= 0)
                return r < 0 ? r : 1;
        return method_open(message, user_data, ret_error);
}

static const sd_bus_vtable guarded_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("Who", "s", "", method_who, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Open", "s", "", method_open, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Guarded", "s", "", method_guarded, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Twice", "s", "", method_twice, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

static void polkit_answer(sd_bus_message *question, bool is_authorized, bool is_challenge)
{
        g_assert_cmpint(sd_bus_reply_method_return(
                                question, "(bba{ss})", (int) is_authorized, (int) is_challenge, 0),
                >=, 0);
}

static void polkit_decide(Fixture *fixture, bool is_authorized)
{
        g_autoptr(sd_bus_message) question = g_steal_pointer(&fixture->thinking);

        polkit_answer(question, is_authorized, false);
}

static int method_check(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
        Fixture *fixture = user_data;
        const char *kind, *key, *type, *name, *action, *cancellation;
        uint32_t flags;

        g_assert_cmpint(sd_bus_message_read(message, "(sa{sv})sa{ss}us", &kind, 1, &key, "s", &name,
                                &action, 0, &flags, &cancellation),
                >=, 0);
        type = kind;
        g_assert_cmpstr(type, ==, "system-bus-name");
        g_assert_cmpstr(key, ==, "name");
        g_assert_true(name[0] == ':');
        fixture->n_asked++;
        fixture->last_flags = flags;
        switch (fixture->polkit) {
        case POLKIT_LATER:
                g_assert_null(fixture->thinking);
                fixture->thinking = sd_bus_message_ref(message);
                break;
        case POLKIT_ABSENT:
        case POLKIT_YES:
        case POLKIT_NO:
        case POLKIT_CHALLENGE:
                polkit_answer(message, fixture->polkit == POLKIT_YES,
                        fixture->polkit == POLKIT_CHALLENGE);
                break;
        }
        return 1;
}

static const sd_bus_vtable polkit_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("CheckAuthorization", "(sa{sv})sa{ss}us", "(bba{ss})", method_check,
                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

static void on_gone(const char *unique_name, gpointer user_data)
{
        Fixture *fixture = user_data;

        g_free(fixture->gone);
        fixture->gone = g_strdup(unique_name);
}

static void start_polkit(Fixture *fixture, Polkit polkit)
{
        fixture->polkit = polkit;
        if (polkit == POLKIT_ABSENT)
                return;
        fixture->polkit_bus = private_bus_connect(fixture->daemon);
        g_assert_cmpint(sd_bus_add_object_vtable(fixture->polkit_bus, NULL,
                                "/org/freedesktop/PolicyKit1/Authority",
                                "org.freedesktop.PolicyKit1.Authority", polkit_vtable, fixture),
                >=, 0);
        g_assert_cmpint(
                sd_bus_request_name(fixture->polkit_bus, "org.freedesktop.PolicyKit1", 0), >=, 0);
        fixture->polkit_source = ic_bus_attach(fixture->polkit_bus, NULL, NULL);
}

static void start(Fixture *fixture, IcScope scope, Polkit polkit)
{
        *fixture = (Fixture){.owner = OWNER, .last_uid = (uid_t) -1, .log = g_string_new(NULL)};
        fixture->daemon = private_bus_new();
        start_polkit(fixture, polkit);
        fixture->bus = private_bus_connect(fixture->daemon);
        fixture->callers = ic_callers_new(fixture->bus, scope);
        ic_callers_on_gone(fixture->callers, on_gone, fixture);
        g_assert_cmpint(sd_bus_add_object_vtable(
                                fixture->bus, NULL, "/guarded", INTERFACE, guarded_vtable, fixture),
                >=, 0);
        g_assert_cmpint(sd_bus_request_name(fixture->bus, INTERFACE, 0), >=, 0);
        fixture->source = ic_bus_attach(fixture->bus, NULL, NULL);
}

static void fixture_clear(Fixture *fixture)
{
        sd_bus_message_unref(fixture->thinking);
        ic_callers_free(fixture->callers);
        ic_bus_detach(fixture->source);
        ic_bus_detach(fixture->polkit_source);
        sd_bus_flush_close_unref(fixture->bus);
        sd_bus_flush_close_unref(fixture->polkit_bus);
        private_bus_free(fixture->daemon);
        g_string_free(fixture->log, TRUE);
        g_free(fixture->gone);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fixture, fixture_clear)

/* A caller in a process of its own sends all calls at once, then looks at the answers. */
typedef struct {
        const char *member;
        const char *argument;
        const char *expected_error; /* NULL: none */
        bool is_interactive;
        bool is_awaited; /* the next calls are sent when this one is answered */
} Call;

/* Where a caller's process writes a byte for each refusal as it comes in. */
static int refusals_fd = -1;

static int on_answer(sd_bus_message *reply, void *user_data, sd_bus_error *ret_error)
{
        const char **answer = user_data;
        const sd_bus_error *error = sd_bus_message_get_error(reply);

        *answer = error ? g_strdup(error->name) : "";
        if (error && refusals_fd >= 0 && write(refusals_fd, "!", 1) != 1)
                _exit(103);
        return 1;
}

static void await_answer(sd_bus *bus, const char *const *answer)
{
        while (!*answer)
                if (sd_bus_process(bus, NULL) == 0)
                        sd_bus_wait(bus, G_MAXUINT64);
}

static int run_caller(const char *address, const Call *calls, guint n_calls)
{
        const char **answers = g_new0(const char *, n_calls);
        sd_bus *bus = NULL;

        if (sd_bus_new(&bus) < 0 || sd_bus_set_address(bus, address) < 0 ||
                sd_bus_set_bus_client(bus, true) < 0 || sd_bus_start(bus) < 0)
                return 100;
        for (guint i = 0; i < n_calls; i++) {
                g_autoptr(sd_bus_message) call = NULL;

                if (sd_bus_message_new_method_call(
                            bus, &call, INTERFACE, "/guarded", INTERFACE, calls[i].member) < 0 ||
                        sd_bus_message_append(call, "s", calls[i].argument) < 0 ||
                        sd_bus_message_set_allow_interactive_authorization(
                                call, calls[i].is_interactive) < 0 ||
                        sd_bus_call_async(bus, NULL, call, on_answer, &answers[i], 0) < 0)
                        return 101;
                if (calls[i].is_awaited)
                        await_answer(bus, &answers[i]);
        }
        for (guint i = 0; i < n_calls; i++) {
                await_answer(bus, &answers[i]);
                if (g_strcmp0(answers[i], calls[i].expected_error ? calls[i].expected_error : "") !=
                        0) {
                        fprintf(stderr, "# call %u: %s\n", i, answers[i]);
                        return 1;
                }
        }
        return 0;
}

static void on_child(GPid pid, gint status, gpointer user_data)
{
        Fixture *fixture = user_data;

        fixture->is_child_over = true;
        fixture->child_status = status;
}

static void start_caller(Fixture *fixture, uid_t uid, const Call *calls, guint n_calls)
{
        pid_t pid = fork();

        g_assert_cmpint(pid, >=, 0);
        if (pid == 0) {
                alarm(20);
                if (setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0)
                        _exit(102);
                _exit(run_caller(fixture->daemon->address, calls, n_calls));
        }
        fixture->is_child_over = false;
        g_child_watch_add(pid, on_child, fixture);
}

static void await_caller(Fixture *fixture)
{
        g_autoptr(GError) error = NULL;

        wait_for_flag(&fixture->is_child_over);
        g_spawn_check_wait_status(fixture->child_status, &error);
        g_assert_no_error(error);
}

static void run_calls(Fixture *fixture, uid_t uid, const Call *calls, guint n_calls)
{
        start_caller(fixture, uid, calls, n_calls);
        await_caller(fixture);
}

static bool is_gone(gpointer user_data)
{
        return ((Fixture *) user_data)->gone != NULL;
}

static void test_uid(void)
{
        const Call who = {"Who", "", NULL, false};
        g_auto(Fixture) fixture;

        start(&fixture, IC_SCOPE_SYSTEM, POLKIT_ABSENT);
        run_calls(&fixture, 0, &who, 1);
        g_assert_cmpuint(fixture.last_uid, ==, 0);
        wait_for(is_gone, &fixture);
        run_calls(&fixture, STRANGER, &who, 1);
        g_assert_cmpuint(fixture.last_uid, ==, STRANGER);
}

static void test_decisions(void)
{
        static const struct {
                IcScope scope;
                Polkit polkit;
                uid_t owner;
                uid_t caller;
                const char *error;
                bool is_interactive;
                guint n_asked;
        } cases[] = {
                {IC_SCOPE_SYSTEM, POLKIT_NO, OWNER, 0, NULL, false, 0},
                {IC_SCOPE_SYSTEM, POLKIT_NO, STRANGER, STRANGER, NULL, false, 0},
                {IC_SCOPE_SYSTEM, POLKIT_NO, OWNER, STRANGER, DENIED, false, 1},
                {IC_SCOPE_SYSTEM, POLKIT_NO, (uid_t) -1, STRANGER, DENIED, false, 1},
                {IC_SCOPE_SYSTEM, POLKIT_YES, OWNER, STRANGER, NULL, false, 1},
                {IC_SCOPE_SYSTEM, POLKIT_YES, OWNER, STRANGER, NULL, true, 1},
                {IC_SCOPE_SYSTEM, POLKIT_CHALLENGE, OWNER, STRANGER, DENIED, false, 1},
                {IC_SCOPE_SYSTEM, POLKIT_ABSENT, OWNER, STRANGER, DENIED, false, 0},
                {IC_SCOPE_USER, POLKIT_YES, OWNER, STRANGER, DENIED, false, 0},
                {IC_SCOPE_USER, POLKIT_ABSENT, OWNER, 0, NULL, false, 0},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                const Call call = {"Guarded", "x", cases[i].error, cases[i].is_interactive};
                g_auto(Fixture) fixture;

                g_test_message("case %zu", i);
                start(&fixture, cases[i].scope, cases[i].polkit);
                fixture.owner = cases[i].owner;
                run_calls(&fixture, cases[i].caller, &call, 1);
                g_assert_cmpstr(fixture.log->str, ==, cases[i].error ? "" : "x");
                g_assert_cmpuint(fixture.n_asked, ==, cases[i].n_asked);
                g_assert_cmpuint(fixture.last_flags, ==, cases[i].is_interactive ? 1 : 0);
        }
}

static void test_each_call_is_asked_about(void)
{
        const Call calls[] = {{"Guarded", "a"}, {"Guarded", "b"}, {"Open", "c"}, {"Guarded", "d"}};
        g_auto(Fixture) fixture;

        start(&fixture, IC_SCOPE_SYSTEM, POLKIT_YES);
        run_calls(&fixture, STRANGER, calls, G_N_ELEMENTS(calls));
        g_assert_cmpuint(fixture.n_asked, ==, 3);
        g_assert_cmpstr(fixture.log->str, ==, "abcd");
}

static void test_two_questions(void)
{
        const Call calls[] = {{"Twice", "a"}, {"Open", "b"}};
        g_auto(Fixture) fixture;

        start(&fixture, IC_SCOPE_SYSTEM, POLKIT_YES);
        run_calls(&fixture, STRANGER, calls, G_N_ELEMENTS(calls));
        g_assert_cmpuint(fixture.n_asked, ==, 2);
        g_assert_cmpstr(fixture.log->str, ==, "ab");
}

static bool is_thinking(gpointer user_data)
{
        return ((Fixture *) user_data)->thinking != NULL;
}

/* What follows a call that polkit thinks about waits for it; other callers do not. */
static void test_order(void)
{
        const Call calls[] = {{"Open", "1"}, {"Guarded", "2"}, {"Open", "3"},
                {"Guarded", "4", DENIED}, {"Open", "5"}};
        const Call other = {"Open", "-"};
        Fixture bystander = {0};
        g_auto(Fixture) fixture;

        start(&fixture, IC_SCOPE_SYSTEM, POLKIT_LATER);
        start_caller(&fixture, STRANGER, calls, G_N_ELEMENTS(calls));
        wait_for(is_thinking, &fixture);
        bystander.daemon = fixture.daemon;
        run_calls(&bystander, STRANGER, &other, 1);
        g_assert_cmpstr(fixture.log->str, ==, "1-");

        polkit_decide(&fixture, true);
        wait_for(is_thinking, &fixture);
        g_assert_cmpstr(fixture.log->str, ==, "1-23");
        polkit_decide(&fixture, false);
        await_caller(&fixture);
        g_assert_cmpstr(fixture.log->str, ==, "1-235");
}

static void test_many_at_once(void)
{
        Call calls[IC_CALLER_HELD_MAX];
        g_auto(Fixture) fixture;

        for (guint i = 0; i < G_N_ELEMENTS(calls); i++)
                calls[i] = (Call){"Open", i % 2 ? "b" : "a", NULL, false};
        start(&fixture, IC_SCOPE_SYSTEM, POLKIT_ABSENT);
        run_calls(&fixture, STRANGER, calls, G_N_ELEMENTS(calls));
        g_assert_cmpuint(fixture.log->len, ==, G_N_ELEMENTS(calls));
        for (guint i = 0; i < fixture.log->len; i++)
                g_assert_cmpint(fixture.log->str[i], ==, i % 2 ? 'b' : 'a');
}

/* The pipe is not a source of the loop, so that the condition is looked at every so often. */
static gboolean keep_ticking(gpointer user_data)
{
        return G_SOURCE_CONTINUE;
}

static bool has_two_refusals(gpointer user_data)
{
        const int *fd = user_data;
        int n = 0;

        g_assert_cmpint(ioctl(*fd, FIONREAD, &n), ==, 0);
        return n >= 2;
}

/* Beyond the bound calls are refused at once, while the ones before them wait. */
static void test_bound(void)
{
        Call calls[2 + IC_CALLER_HELD_MAX + 2];
        int pipe_fds[2];
        guint tick;
        g_auto(Fixture) fixture;

        for (guint i = 0; i < G_N_ELEMENTS(calls); i++)
                calls[i] = (Call){"Open", "o", i > 1 + IC_CALLER_HELD_MAX ? FULL : NULL, false};
        calls[0].is_awaited = true;
        calls[1].member = "Guarded";
        start(&fixture, IC_SCOPE_SYSTEM, POLKIT_LATER);
        g_assert_cmpint(pipe(pipe_fds), ==, 0);
        refusals_fd = pipe_fds[1];
        start_caller(&fixture, STRANGER, calls, G_N_ELEMENTS(calls));
        wait_for(is_thinking, &fixture);
        tick = g_timeout_add(10, keep_ticking, NULL);
        wait_for(has_two_refusals, &pipe_fds[0]);
        g_source_remove(tick);
        polkit_decide(&fixture, true);
        await_caller(&fixture);
        refusals_fd = -1;
        close(pipe_fds[0]);
        close(pipe_fds[1]);
        g_assert_cmpuint(fixture.log->len, ==, 2 + IC_CALLER_HELD_MAX);
}

static void test_gone(void)
{
        const Call call = {"Open", "x"};
        g_auto(Fixture) fixture;

        start(&fixture, IC_SCOPE_SYSTEM, POLKIT_ABSENT);
        run_calls(&fixture, STRANGER, &call, 1);
        wait_for(is_gone, &fixture);
        g_assert_cmpuint(ic_callers_count(fixture.callers), ==, 0);
}

static void test_watch_of_nobody(void)
{
        g_auto(Fixture) fixture;

        start(&fixture, IC_SCOPE_SYSTEM, POLKIT_ABSENT);
        g_assert_cmpint(ic_callers_watch(fixture.callers, ":1.99999"), >=, 0);
        wait_for(is_gone, &fixture);
        g_assert_cmpstr(fixture.gone, ==, ":1.99999");
}

/* A caller that leaves while polkit thinks takes its calls along. */
static void test_gone_while_asking(void)
{
        g_auto(Fixture) fixture;
        pid_t pid;

        start(&fixture, IC_SCOPE_SYSTEM, POLKIT_LATER);
        pid = fork();
        g_assert_cmpint(pid, >=, 0);
        if (pid == 0) {
                const Call calls[] = {{"Guarded", "a"}, {"Open", "b"}};

                alarm(20);
                if (setresuid(STRANGER, STRANGER, STRANGER) < 0)
                        _exit(102);
                _exit(run_caller(fixture.daemon->address, calls, 2));
        }
        g_child_watch_add(pid, on_child, &fixture);
        wait_for(is_thinking, &fixture);
        kill(pid, SIGKILL);
        wait_for(is_gone, &fixture);
        polkit_decide(&fixture, true);
        wait_for_flag(&fixture.is_child_over);
        while (g_main_context_iteration(NULL, FALSE))
                ;
        g_assert_cmpstr(fixture.log->str, ==, "");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        if (getuid() == 0) {
                g_test_add_func("/bus/caller/uid", test_uid);
                g_test_add_func("/bus/caller/decisions", test_decisions);
                g_test_add_func("/bus/caller/each-call", test_each_call_is_asked_about);
                g_test_add_func("/bus/caller/two-questions", test_two_questions);
                g_test_add_func("/bus/caller/order", test_order);
                g_test_add_func("/bus/caller/many", test_many_at_once);
                g_test_add_func("/bus/caller/bound", test_bound);
                g_test_add_func("/bus/caller/gone", test_gone);
                g_test_add_func("/bus/caller/gone-while-asking", test_gone_while_asking);
        }
        g_test_add_func("/bus/caller/watch-of-nobody", test_watch_of_nobody);
        return g_test_run();
}
