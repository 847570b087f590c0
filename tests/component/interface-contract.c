/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Both sides are rendered as sorted lines of text, which are then compared: a difference shows as
 * the line that only one of them has. */

#include "interface-contract.h"

static void add_annotations(GPtrArray *lines, const char *of, GDBusAnnotationInfo **annotations)
{
        for (guint i = 0; annotations && annotations[i]; i++)
                g_ptr_array_add(lines, g_strdup_printf("%s annotated %s=%s", of,
                                               annotations[i]->key, annotations[i]->value));
}

static char *arguments_to_text(GDBusArgInfo **arguments)
{
        GString *text = g_string_new("(");

        for (guint i = 0; arguments && arguments[i]; i++)
                g_string_append_printf(text, "%s%s %s", i ? ", " : "", arguments[i]->signature,
                        arguments[i]->name ? arguments[i]->name : "?");
        return g_string_free(g_string_append_c(text, ')'), FALSE);
}

static void add_methods(GPtrArray *lines, const GDBusInterfaceInfo *interface)
{
        for (guint i = 0; interface->methods && interface->methods[i]; i++) {
                const GDBusMethodInfo *method = interface->methods[i];
                g_autofree char *in = arguments_to_text(method->in_args);
                g_autofree char *out = arguments_to_text(method->out_args);

                g_ptr_array_add(lines, g_strdup_printf("method %s%s -> %s", method->name, in, out));
                add_annotations(lines, method->name, method->annotations);
        }
}

static void add_signals(GPtrArray *lines, const GDBusInterfaceInfo *interface)
{
        for (guint i = 0; interface->signals && interface->signals[i]; i++) {
                const GDBusSignalInfo *signal = interface->signals[i];
                g_autofree char *arguments = arguments_to_text(signal->args);

                g_ptr_array_add(lines, g_strdup_printf("signal %s%s", signal->name, arguments));
                add_annotations(lines, signal->name, signal->annotations);
        }
}

static void add_properties(GPtrArray *lines, const GDBusInterfaceInfo *interface)
{
        for (guint i = 0; interface->properties && interface->properties[i]; i++) {
                const GDBusPropertyInfo *property = interface->properties[i];

                g_ptr_array_add(lines, g_strdup_printf("property %s %s flags %u", property->name,
                                               property->signature, (guint) property->flags));
                add_annotations(lines, property->name, property->annotations);
        }
}

static int compare_lines(gconstpointer a, gconstpointer b)
{
        return g_strcmp0(*(const char *const *) a, *(const char *const *) b);
}

static GStrv interface_to_lines(const char *xml, const char *name)
{
        g_autoptr(GPtrArray) lines = g_ptr_array_new();
        g_autoptr(GError) error = NULL;
        g_autoptr(GDBusNodeInfo) node = g_dbus_node_info_new_for_xml(xml, &error);
        GDBusInterfaceInfo *interface;

        g_assert_no_error(error);
        interface = g_dbus_node_info_lookup_interface(node, name);
        g_assert_nonnull(interface);
        add_methods(lines, interface);
        add_signals(lines, interface);
        add_properties(lines, interface);
        g_ptr_array_sort(lines, compare_lines);
        g_ptr_array_add(lines, NULL);
        return (GStrv) g_ptr_array_steal(lines, NULL);
}

static void assert_all_in(GStrv lines, GStrv others, const char *complaint)
{
        for (guint i = 0; lines[i]; i++)
                if (!g_strv_contains((const char *const *) others, lines[i]))
                        g_error("%s: %s", complaint, lines[i]);
}

void assert_interface_is_as_documented(
        const char *introspection, const char *interface, const char *file_name)
{
        g_autofree char *file = g_build_filename(g_getenv("IRC_CONN_DBUS_DIR"), file_name, NULL);
        g_autofree char *xml = NULL;
        g_autoptr(GError) error = NULL;
        g_auto(GStrv) documented = NULL, live = NULL;

        g_file_get_contents(file, &xml, NULL, &error);
        g_assert_no_error(error);
        documented = interface_to_lines(xml, interface);
        live = interface_to_lines(introspection, interface);
        g_assert_cmpuint(g_strv_length(live), >, 0);
        assert_all_in(live, documented, "not documented");
        assert_all_in(documented, live, "documented, but not there");
}
