/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* org.freedesktop.systemd1: facts and jobs. */

#include "controller/units.h"

#include <string.h>

#include "base/error.h"
#include "base/name.h"
#include "bus/reply.h"
#include "bus/source.h"

#define SYSTEMD "org.freedesktop.systemd1"
#define SYSTEMD_PATH "/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER "org.freedesktop.systemd1.Manager"
#define SYSTEMD_UNITS "/org/freedesktop/systemd1/unit"
#define SYSTEMD_UNIT "org.freedesktop.systemd1.Unit"
#define PROPERTIES "org.freedesktop.DBus.Properties"

/* systemd answers questions at once; a job takes as long as it takes. */
#define QUESTION_TIMEOUT_USEC (10 * G_USEC_PER_SEC)

struct IcUnits {
        sd_bus *bus;
        IcUnitChangedFunc changed;
        gpointer changed_data;
        sd_bus_slot *job_removed_slot;
        sd_bus_slot *unit_removed_slot;
        sd_bus_slot *properties_slot;
        sd_bus_slot *subscribe_slot;
        GHashTable *questions; /* set of Question */
};

/* One that systemd has not answered. A job stays one until it is removed. */
typedef struct {
        IcUnits *units;
        sd_bus_slot *slot;
        char *job;     /* object path */
        char *systemd; /* its unique name: nobody else's JobRemoved counts */
        uint32_t id;   /* of the connection that a job is for */
        IcJobType job_type;
        IcUnitFactsFunc on_facts;
        IcUnitListFunc on_list;
        IcUnitJobFunc on_job;
        gpointer user_data;
        GDestroyNotify destroy;
} Question;

static void question_free(Question *question)
{
        sd_bus_slot_unref(question->slot);
        if (question->destroy)
                question->destroy(question->user_data);
        g_free(question->job);
        g_free(question->systemd);
        g_free(question);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Question, question_free)

static void facts_clear(IcUnitFacts *facts)
{
        g_free(facts->active_state);
        g_free(facts->sub_state);
        g_free(facts->status_text);
        g_free(facts->result);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(IcUnitFacts, facts_clear)

static void facts_free(gpointer facts)
{
        facts_clear(facts);
        g_free(facts);
}

bool ic_unit_facts_is_up(const IcUnitFacts *facts)
{
        return !g_str_equal(facts->active_state, "inactive") &&
               !g_str_equal(facts->active_state, "failed");
}

bool ic_unit_facts_has_failed_with(const IcUnitFacts *facts, int exit_status)
{
        return g_str_equal(facts->active_state, "failed") &&
               g_str_equal(facts->result, "exit-code") && facts->exit_status == exit_status;
}

static Question *question_new(IcUnits *units, gpointer user_data, GDestroyNotify destroy)
{
        Question *question = g_new0(Question, 1);

        question->units = units;
        question->user_data = user_data;
        question->destroy = destroy;
        g_hash_table_add(units->questions, question);
        return question;
}

static Question *question_take(Question *question)
{
        g_hash_table_steal(question->units->questions, question);
        return question;
}

static void question_answer_facts(Question *question, const IcUnitFacts *facts)
{
        g_autoptr(Question) taken = question_take(question);

        taken->on_facts(facts, NULL, taken->user_data);
}

static void question_answer_list(Question *question, GHashTable *listed)
{
        g_autoptr(Question) taken = question_take(question);

        taken->on_list(listed, NULL, taken->user_data);
}

static void question_answer_job(Question *question, const char *result)
{
        g_autoptr(Question) taken = question_take(question);

        taken->on_job(result, NULL, taken->user_data);
}

static void question_fail(Question *question, const GError *error)
{
        g_autoptr(Question) taken = question_take(question);

        if (taken->on_facts)
                taken->on_facts(NULL, error, taken->user_data);
        else if (taken->on_list)
                taken->on_list(NULL, error, taken->user_data);
        else
                taken->on_job(NULL, error, taken->user_data);
}

static void question_fail_errno(Question *question, int negative_errno)
{
        g_autoptr(GError) error = NULL;

        ic_bus_errno(negative_errno, "cannot ask systemd", &error);
        question_fail(question, error);
}

/* True if the reply is an error, which was passed on. */
static bool question_refused(Question *question, sd_bus_message *reply)
{
        const sd_bus_error *refusal = sd_bus_message_get_error(reply);
        g_autoptr(GError) error = NULL;

        if (!refusal)
                return false;
        if (sd_bus_error_has_names(
                    refusal, SD_BUS_ERROR_NAME_HAS_NO_OWNER, SD_BUS_ERROR_SERVICE_UNKNOWN))
                g_set_error_literal(&error, IC_ERROR, IC_ERROR_UNIT,
                        "systemd is not on this bus, and no connection can run without it");
        else
                g_set_error(&error, IC_ERROR, IC_ERROR_UNIT, "systemd refused: %s",
                        refusal->message ? refusal->message : refusal->name);
        question_fail(question, error);
        return true;
}

static int systemd_call(IcUnits *units, const char *path, const char *interface, const char *member,
        sd_bus_message **ret)
{
        g_autoptr(sd_bus_message) call = NULL;
        int r;

        r = sd_bus_message_new_method_call(units->bus, &call, SYSTEMD, path, interface, member);
        if (r >= 0) /* else a bus without systemd would try to start one */
                r = sd_bus_message_set_auto_start(call, false);
        if (r >= 0)
                *ret = g_steal_pointer(&call);
        return r;
}

static int on_ignored(sd_bus_message *reply, void *user_data, sd_bus_error *ret_error)
{
        return 1;
}

/* A property of the a{sv} that GetAll answers; those that are not wanted are passed over. */
static int read_property(sd_bus_message *reply, IcUnitFacts *facts)
{
        const struct {
                const char *name;
                const char *type;
                void *value;
        } wanted[] = {
                {"ActiveState", "s", &facts->active_state},
                {"SubState", "s", &facts->sub_state},
                {"StatusText", "s", &facts->status_text},
                {"Result", "s", &facts->result},
                {"ExecMainStatus", "i", &facts->exit_status},
                {"MainPID", "u", &facts->main_pid},
                {"NRestarts", "u", &facts->restarts},
                {"InactiveExitTimestamp", "t", &facts->up_since},
                {"InactiveEnterTimestamp", "t", &facts->down_since},
        };
        const char *name, *text;
        uint32_t job = 0;
        int r = sd_bus_message_read_basic(reply, 's', &name);

        if (r < 0)
                return r;
        for (gsize i = 0; i < G_N_ELEMENTS(wanted); i++) {
                if (!g_str_equal(wanted[i].name, name))
                        continue;
                if (wanted[i].type[0] != 's')
                        return sd_bus_message_read(reply, "v", wanted[i].type, wanted[i].value);
                r = sd_bus_message_read(reply, "v", "s", &text);
                if (r >= 0) {
                        g_free(*(char **) wanted[i].value);
                        *(char **) wanted[i].value = g_strdup(text);
                }
                return r;
        }
        if (!g_str_equal(name, "Job"))
                return sd_bus_message_skip(reply, "v");
        r = sd_bus_message_read(reply, "v", "(uo)", &job, NULL);
        facts->has_job = job != 0;
        return r;
}

static void facts_complete(IcUnitFacts *facts)
{
        char **texts[] = {
                &facts->active_state, &facts->sub_state, &facts->status_text, &facts->result};

        for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
                if (!*texts[i])
                        *texts[i] = g_strdup("");
}

static int on_properties(sd_bus_message *reply, void *user_data, sd_bus_error *ret_error)
{
        Question *question = user_data;
        g_auto(IcUnitFacts) facts = {0};
        int r;

        if (question_refused(question, reply))
                return 1;
        r = sd_bus_message_enter_container(reply, 'a', "{sv}");
        while (r >= 0 && (r = sd_bus_message_enter_container(reply, 'e', "sv")) > 0) {
                r = read_property(reply, &facts);
                if (r >= 0)
                        r = sd_bus_message_exit_container(reply);
        }
        if (r < 0) {
                question_fail_errno(question, r);
                return 1;
        }
        facts_complete(&facts);
        question_answer_facts(question, &facts);
        return 1;
}

void ic_units_query_named(IcUnits *units, const char *unit, IcUnitFactsFunc func,
        gpointer user_data, GDestroyNotify destroy)
{
        Question *question = question_new(units, user_data, destroy);
        g_autoptr(sd_bus_message) call = NULL;
        char *path = NULL;
        int r;

        question->on_facts = func;
        r = sd_bus_path_encode(SYSTEMD_UNITS, unit, &path);
        if (r >= 0)
                r = systemd_call(units, path, PROPERTIES, "GetAll", &call);
        free(path);
        if (r >= 0) /* no interface: those of Unit and of Service at once */
                r = sd_bus_message_append(call, "s", "");
        if (r >= 0)
                r = sd_bus_call_async(units->bus, &question->slot, call, on_properties, question,
                        QUESTION_TIMEOUT_USEC);
        if (r < 0)
                question_fail_errno(question, r);
}

void ic_units_query(IcUnits *units, uint32_t id, IcUnitFactsFunc func, gpointer user_data,
        GDestroyNotify destroy)
{
        g_autofree char *unit = ic_unit_name(id);

        ic_units_query_named(units, unit, func, user_data, destroy);
}

static int read_listed(sd_bus_message *reply, GHashTable *listed)
{
        const char *name, *active_state, *sub_state;
        IcUnitFacts *facts;
        uint32_t id, job;
        int r;

        r = sd_bus_message_read(reply, "(ssssssouso)", &name, NULL, NULL, &active_state, &sub_state,
                NULL, NULL, &job, NULL, NULL);
        if (r <= 0 || !ic_unit_name_parse(name, &id))
                return r;
        facts = g_new0(IcUnitFacts, 1);
        facts->active_state = g_strdup(active_state);
        facts->sub_state = g_strdup(sub_state);
        facts->has_job = job != 0;
        facts_complete(facts);
        g_hash_table_insert(listed, GUINT_TO_POINTER(id), facts);
        return r;
}

static int on_units(sd_bus_message *reply, void *user_data, sd_bus_error *ret_error)
{
        Question *question = user_data;
        g_autoptr(GHashTable) listed = g_hash_table_new_full(NULL, NULL, NULL, facts_free);
        int r;

        if (question_refused(question, reply))
                return 1;
        r = sd_bus_message_enter_container(reply, 'a', "(ssssssouso)");
        while (r >= 0 && (r = read_listed(reply, listed)) > 0)
                ;
        if (r < 0)
                question_fail_errno(question, r);
        else
                question_answer_list(question, listed);
        return 1;
}

void ic_units_list(IcUnits *units, IcUnitListFunc func, gpointer user_data, GDestroyNotify destroy)
{
        Question *question = question_new(units, user_data, destroy);
        g_autoptr(sd_bus_message) call = NULL;
        int r;

        question->on_list = func;
        r = systemd_call(units, SYSTEMD_PATH, SYSTEMD_MANAGER, "ListUnitsByPatterns", &call);
        if (r >= 0)
                r = sd_bus_message_append(call, "asas", 0, 1, "irc-conn@*.service");
        if (r >= 0)
                r = sd_bus_call_async(units->bus, &question->slot, call, on_units, question,
                        QUESTION_TIMEOUT_USEC);
        if (r < 0)
                question_fail_errno(question, r);
}

static Question *find_job(IcUnits *units, const char *job, const char *systemd)
{
        GHashTableIter iter;
        gpointer value;

        g_hash_table_iter_init(&iter, units->questions);
        while (g_hash_table_iter_next(&iter, &value, NULL)) {
                Question *question = value;

                if (g_strcmp0(question->job, job) == 0 &&
                        g_strcmp0(question->systemd, systemd) == 0)
                        return question;
        }
        return NULL;
}

static int on_job_removed(sd_bus_message *signal, void *user_data, sd_bus_error *ret_error)
{
        IcUnits *units = user_data;
        const char *job, *result;
        Question *question;

        if (sd_bus_message_read(signal, "uoss", NULL, &job, NULL, &result) < 0)
                return 0;
        /* Several callers may wait for one job: starting what starts already gives the same. */
        while ((question = find_job(units, job, sd_bus_message_get_sender(signal))))
                question_answer_job(question, result);
        return 0;
}

static int on_job_queued(sd_bus_message *reply, void *user_data, sd_bus_error *ret_error)
{
        Question *question = user_data;
        const char *job;
        int r;

        if (question_refused(question, reply))
                return 1;
        r = sd_bus_message_read(reply, "o", &job);
        if (r < 0) {
                question_fail_errno(question, r);
                return 1;
        }
        question->job = g_strdup(job);
        question->systemd = g_strdup(sd_bus_message_get_sender(reply));
        return 1;
}

static const char *job_method(IcJobType type)
{
        switch (type) {
        case IC_JOB_START:
                return "StartUnit";
        case IC_JOB_STOP:
                return "StopUnit";
        case IC_JOB_RESTART:
                return "RestartUnit";
        }
        g_return_val_if_reached("StartUnit");
}

void ic_units_run(IcUnits *units, uint32_t id, IcJobType type, IcUnitJobFunc func,
        gpointer user_data, GDestroyNotify destroy)
{
        Question *question = question_new(units, user_data, destroy);
        g_autoptr(sd_bus_message) call = NULL;
        g_autofree char *unit = ic_unit_name(id);
        int r;

        question->on_job = func;
        question->id = id;
        question->job_type = type;
        r = systemd_call(units, SYSTEMD_PATH, SYSTEMD_MANAGER, job_method(type), &call);
        if (r >= 0)
                r = sd_bus_message_append(call, "ss", unit, "replace");
        if (r >= 0)
                r = sd_bus_call_async(units->bus, &question->slot, call, on_job_queued, question,
                        QUESTION_TIMEOUT_USEC);
        if (r < 0)
                question_fail_errno(question, r);
}

bool ic_units_is_starting(IcUnits *units, uint32_t id)
{
        GHashTableIter iter;
        gpointer value;

        g_hash_table_iter_init(&iter, units->questions);
        while (g_hash_table_iter_next(&iter, &value, NULL)) {
                Question *question = value;

                if (question->on_job && question->id == id && question->job_type != IC_JOB_STOP)
                        return true;
        }
        return false;
}

void ic_units_reset_failed(IcUnits *units, uint32_t id)
{
        g_autoptr(sd_bus_message) call = NULL;
        g_autofree char *unit = ic_unit_name(id);

        if (systemd_call(units, SYSTEMD_PATH, SYSTEMD_MANAGER, "ResetFailedUnit", &call) >= 0 &&
                sd_bus_message_append(call, "s", unit) >= 0)
                sd_bus_call_async(units->bus, NULL, call, on_ignored, NULL, QUESTION_TIMEOUT_USEC);
}

void ic_units_stop_socket(IcUnits *units, uint32_t id)
{
        g_autoptr(sd_bus_message) call = NULL;
        g_autofree char *unit = ic_socket_unit_name(id);

        if (systemd_call(units, SYSTEMD_PATH, SYSTEMD_MANAGER, "StopUnit", &call) >= 0 &&
                sd_bus_message_append(call, "ss", unit, "replace") >= 0)
                sd_bus_call_async(units->bus, NULL, call, on_ignored, NULL, QUESTION_TIMEOUT_USEC);
}

static void tell_changed(IcUnits *units, const char *unit)
{
        uint32_t id;

        if (ic_unit_name_parse(unit, &id))
                units->changed(id, units->changed_data);
}

/* Of all units' properties; what a unit's change is about is asked for when it is one of ours. */
static int on_unit_properties(sd_bus_message *signal, void *user_data, sd_bus_error *ret_error)
{
        char *unit = NULL;

        if (sd_bus_path_decode(sd_bus_message_get_path(signal), SYSTEMD_UNITS, &unit) > 0)
                tell_changed(user_data, unit);
        free(unit);
        return 0;
}

static int on_unit_removed(sd_bus_message *signal, void *user_data, sd_bus_error *ret_error)
{
        const char *unit;

        if (sd_bus_message_read(signal, "so", &unit, NULL) >= 0)
                tell_changed(user_data, unit);
        return 0;
}

/* systemd tells of jobs and units only those who subscribed. It does so before the job that follows
 * on the same connection. */
static void subscribe(IcUnits *units)
{
        g_autoptr(sd_bus_message) call = NULL;

        if (systemd_call(units, SYSTEMD_PATH, SYSTEMD_MANAGER, "Subscribe", &call) >= 0)
                sd_bus_call_async(units->bus, &units->subscribe_slot, call, on_ignored, NULL,
                        QUESTION_TIMEOUT_USEC);
}

IcUnits *ic_units_new(sd_bus *bus, IcUnitChangedFunc changed, gpointer user_data)
{
        IcUnits *units = g_new0(IcUnits, 1);

        units->bus = sd_bus_ref(bus);
        units->changed = changed;
        units->changed_data = user_data;
        units->questions = g_hash_table_new_full(NULL, NULL, (GDestroyNotify) question_free, NULL);
        /* Should the bus refuse, libsystemd ends the connection, and we are started anew. */
        sd_bus_match_signal_async(bus, &units->job_removed_slot, SYSTEMD, SYSTEMD_PATH,
                SYSTEMD_MANAGER, "JobRemoved", on_job_removed, NULL, units);
        sd_bus_match_signal_async(bus, &units->unit_removed_slot, SYSTEMD, SYSTEMD_PATH,
                SYSTEMD_MANAGER, "UnitRemoved", on_unit_removed, NULL, units);
        sd_bus_add_match_async(bus, &units->properties_slot,
                "type='signal',sender='" SYSTEMD "',path_namespace='" SYSTEMD_UNITS "',"
                "interface='" PROPERTIES "',member='PropertiesChanged',arg0='" SYSTEMD_UNIT "'",
                on_unit_properties, NULL, units);
        subscribe(units);
        return units;
}

void ic_units_free(IcUnits *units)
{
        if (!units)
                return;
        g_hash_table_unref(units->questions);
        sd_bus_slot_unref(units->job_removed_slot);
        sd_bus_slot_unref(units->unit_removed_slot);
        sd_bus_slot_unref(units->properties_slot);
        sd_bus_slot_unref(units->subscribe_slot);
        sd_bus_unref(units->bus);
        g_free(units);
}
