/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Keys of server.cfg of older generations that have no effect here: a file that has them is read, with a warning each. */
#include "programs/server-old-keys.h"

#define OLD(key, kind, why)                                                                        \
    { .name = #key,                                                                                \
      .type = TW_CONFIG_##kind,                                                                    \
      .flags = TW_CONFIG_OBSOLETE,                                                                 \
      .help = "Has no effect. " why },

/* clang-format off */
static const TwConfigKey keys[] = {
    OLD(abtable_initially_empty, STRING, "The address book is shown page by page.")
    OLD(attachment_compression, STRING, "Large values are kept in data_path, each once.")
    OLD(attachment_files_fsync, STRING, "Large values are kept in data_path, each once.")
    OLD(attachment_path, STRING, "Large values are kept in data_path, each once.")
    OLD(cache_acl_size, STRING, "Caches size themselves.")
    OLD(cache_cell_size, STRING, "Caches size themselves.")
    OLD(cache_cellcache_reads, STRING, "Caches size themselves.")
    OLD(cache_indexedobject_size, STRING, "Caches size themselves.")
    OLD(cache_object_size, STRING, "Caches size themselves.")
    OLD(cache_quota_lifetime, STRING, "Caches size themselves.")
    OLD(cache_quota_size, STRING, "Caches size themselves.")
    OLD(cache_server_lifetime, STRING, "Caches size themselves.")
    OLD(cache_server_size, STRING, "Caches size themselves.")
    OLD(cache_sortkey_size, STRING, "Caches size themselves.")
    OLD(cache_store_size, STRING, "Caches size themselves.")
    OLD(cache_user_size, STRING, "Caches size themselves.")
    OLD(cache_userdetails_lifetime, STRING, "Caches size themselves.")
    OLD(cache_userdetails_size, STRING, "Caches size themselves.")
    OLD(client_update_enabled, STRING, "There is no updater for clients of Windows.")
    OLD(client_update_log_level, STRING, "There is no updater for clients of Windows.")
    OLD(client_update_log_path, STRING, "There is no updater for clients of Windows.")
    OLD(client_update_path, STRING, "There is no updater for clients of Windows.")
    OLD(companyquota_hard, STRING, "Companies are warned; only their users are limited.")
    OLD(companyquota_soft, STRING, "Companies are warned; only their users are limited.")
    OLD(counter_reset, STRING, "Counters change with what they count; twiga-dbadm check recounts them.")
    OLD(embedded_attachment_limit, STRING, "How deep messages lie in messages is limited as they are read.")
    OLD(enable_enhanced_ics, STRING, "Clients that can take streams always do.")
    OLD(enable_sql_procedures, STRING, "The storage keeps its own databases in data_path.")
    OLD(enable_sso, STRING, "There is no single sign-on; clients log on otherwise.")
    OLD(enable_sso_ntlmauth, STRING, "There is no single sign-on; clients log on otherwise.")
    OLD(enable_test_protocol, STRING, "There are no test hooks.")
    OLD(folder_max_items, STRING, "Lists are read page by page.")
    OLD(hide_system, STRING, "SYSTEM is never shown to users.")
    OLD(index_services_enabled, STRING, "Searches are done by the server itself.")
    OLD(index_services_path, STRING, "Searches are done by the server itself.")
    OLD(index_services_search_timeout, STRING, "Searches are done by the server itself.")
    OLD(kcoidc_debug, STRING, "There is no single sign-on; clients log on otherwise.")
    OLD(kcoidc_initialize_timeout, STRING, "There is no single sign-on; clients log on otherwise.")
    OLD(kcoidc_insecure_skip_verify, STRING, "There is no single sign-on; clients log on otherwise.")
    OLD(kcoidc_issuer_identifier, STRING, "There is no single sign-on; clients log on otherwise.")
    OLD(kustomer_debug, STRING, "There is no licence service.")
    OLD(kustomer_initialize_timeout, STRING, "There is no licence service.")
    OLD(license_path, STRING, "There is no licence service.")
    OLD(license_socket, STRING, "There is no licence service.")
    OLD(license_timeout, STRING, "There is no licence service.")
    OLD(max_deferred_records, STRING, "Tables are written with the change itself.")
    OLD(max_deferred_records_folder, STRING, "Tables are written with the change itself.")
    OLD(mysql_config_file, STRING, "The storage keeps its own databases in data_path.")
    OLD(mysql_database_path, STRING, "The storage keeps its own databases in data_path.")
    OLD(mysql_engine, STRING, "The storage keeps its own databases in data_path.")
    OLD(mysql_group_concat_max_len, STRING, "The storage keeps its own databases in data_path.")
    OLD(ntlm_auth, STRING, "There is no single sign-on; clients log on otherwise.")
    OLD(plugin_path, STRING, "All plugins are part of the server.")
    OLD(proxy_header, STRING, "There is one server, to which nobody is redirected.")
    OLD(report_ca_path, STRING, "There is no licence service.")
    OLD(report_path, STRING, "There is no licence service.")
    OLD(search_enabled, STRING, "Searches are done by the server itself.")
    OLD(search_socket, STRING, "Searches are done by the server itself.")
    OLD(search_timeout, STRING, "Searches are done by the server itself.")
    OLD(server_hostname, STRING, "There is one server.")
    OLD(shared_reminders, STRING, "Clients decide which reminders they show.")
    OLD(statsclient_interval, STRING, "Figures are read at the address of metrics_listen.")
    OLD(statsclient_ssl_verify, STRING, "Figures are read at the address of metrics_listen.")
    OLD(statsclient_url, STRING, "Figures are read at the address of metrics_listen.")
    OLD(surveyclient_interval, STRING, "Nothing is ever sent to anybody.")
    OLD(surveyclient_ssl_verify, STRING, "Nothing is ever sent to anybody.")
    OLD(surveyclient_url, STRING, "Nothing is ever sent to anybody.")
    OLD(sync_gab_realtime, STRING, "Users kept elsewhere are read every user_refresh_interval.")
    OLD(sync_log_all_changes, STRING, "Every change is counted.")
    OLD(system_email_address, STRING, "The server itself sends no mail.")
    OLD(thread_limit, STRING, "Workers are started as they are needed.")
    OLD(thread_stacksize, STRING, "Workers are started as they are needed.")
    OLD(threads, STRING, "Workers are started as they are needed.")
    OLD(tmp_path, STRING, "Large values are kept in data_path, each once.")
    OLD(watchdog_frequency, STRING, "Workers are started as they are needed.")
    OLD(watchdog_max_age, STRING, "Workers are started as they are needed.")
};
/* clang-format on */

const TwConfigTable tw_server_old_keys_table = {
    .title = "Keys of older servers",
    .keys = keys,
    .keys_count = G_N_ELEMENTS(keys),
};
