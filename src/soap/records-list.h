/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The structures of the wire, each once: members in the order in which they are written, named as on the wire. C structures,
 * decoder and serialiser are all made from these rows. Source: spec/mapi-soap.md 4.1, 4.6.
 *
 *   V(T, KIND, name)           a value; KIND is a row of TW_SOAP_KIND_LIST (types.h)
 *   S(T, Type, name)           a structure in its place
 *   P(T, Type, name)           a structure that may be absent: a pointer
 *   N(T, KIND, name, "wire")   as V, where the wire's name is no C name
 *   Q(T, Type, name, "wire")   as S, likewise
 *   L(T, Type)                 items and count: the item elements in front of the other members
 *
 * T is the structure itself. Lists of one kind of item, and nothing else, are in TW_SOAP_LIST_LIST.
 */
#pragma once

/* clang-format off */

/* Each row: name, KIND of the items, their structure (NONE for a scalar), type named by an encoded array (2.4) or NULL for a
 * bare list. */
#define TW_SOAP_LIST_LIST(X) \
    X(MvI2, I16, NONE, "xsd:short") \
    X(MvLong, U32, NONE, "xsd:unsignedInt") \
    X(MvR4, FLOAT, NONE, "xsd:float") \
    X(MvDouble, DOUBLE, NONE, "xsd:double") \
    X(MvString8, TEXT, NONE, "xsd:string") \
    X(MvHiloLong, STRUCT, HiloLong, "hiloLong") \
    X(MvBinary, BYTES, NONE, "xsd:base64Binary") \
    X(MvI8, I64, NONE, "xsd:long") \
    X(PropValArray, VALUE, NONE, "propVal") \
    X(PropTagArray, U32, NONE, "xsd:unsignedInt") \
    X(EntryList, BYTES, NONE, NULL) \
    X(SortOrderArray, STRUCT, SortOrder, "sortOrder") \
    X(RowSet, STRUCT, PropValArray, "propVal[]") \
    X(NotificationArray, STRUCT, Notification, NULL) \
    X(NotifySubscribeArray, STRUCT, NotifySubscribe, NULL) \
    X(RightsArray, STRUCT, Rights, NULL) \
    X(NamedPropArray, STRUCT, NamedProp, NULL) \
    X(RestrictAnd, STRUCT, RestrictTable, NULL) \
    X(RestrictOr, STRUCT, RestrictTable, NULL) \
    X(ReceiveFoldersArray, STRUCT, ReceiveFolder, NULL) \
    X(PropmapPairArray, STRUCT, PropmapPair, NULL) \
    X(PropmapMVPairArray, STRUCT, PropmapMVPair, NULL) \
    X(UserArray, STRUCT, User, NULL) \
    X(GroupArray, STRUCT, Group, NULL) \
    X(CompanyArray, STRUCT, Company, NULL) \
    X(FlagArray, U32, NONE, NULL) \
    X(Actions, STRUCT, Action, "action") \
    X(IcsChangesArray, STRUCT, IcsChange, NULL) \
    X(ServerList, STRUCT, Server, NULL) \
    X(SourceKeyPairArray, STRUCT, SourceKeyPair, NULL) \
    X(MessageStreamArray, STRUCT, MessageStream, NULL) \
    X(SyncStateArray, STRUCT, SyncState, NULL) \
    X(NewFolderSet, STRUCT, NewFolder, NULL) \
    X(CategoryStateArray, STRUCT, CategoryState, NULL)

#define TW_SOAP_FIELDS_HiloLong(T, V, S, P, N, Q, L) \
    V(T, I32, hi) V(T, U32, lo)
#define TW_SOAP_FIELDS_SaveObject(T, V, S, P, N, Q, L) \
    L(T, SaveObject) S(T, PropTagArray, delProps) S(T, PropValArray, modProps) \
    V(T, BOOL, bDelete) V(T, U32, ulClientId) V(T, U32, ulServerId) V(T, U32, ulObjType) \
    P(T, EntryList, lpInstanceIds)
#define TW_SOAP_FIELDS_LoadObjectResponse(T, V, S, P, N, Q, L) \
    V(T, U32, er) S(T, SaveObject, sSaveObject)
#define TW_SOAP_FIELDS_LogonResponse(T, V, S, P, N, Q, L) \
    V(T, U32, er) V(T, U64, ulSessionId) V(T, TEXT, lpszVersion) V(T, U32, ulCapabilities) \
    V(T, BYTES, sLicenseResponse) V(T, BYTES, sServerGuid)
#define TW_SOAP_FIELDS_SsoLogonResponse(T, V, S, P, N, Q, L) \
    V(T, U32, er) V(T, U64, ulSessionId) V(T, TEXT, lpszVersion) V(T, U32, ulCapabilities) \
    V(T, OPT_BYTES, lpOutput) V(T, BYTES, sLicenseResponse) V(T, BYTES, sServerGuid)
#define TW_SOAP_FIELDS_GetStoreResponse(T, V, S, P, N, Q, L) \
    V(T, U32, er) V(T, BYTES, sStoreId) V(T, BYTES, sRootId) V(T, BYTES, guid) \
    V(T, TEXT, lpszServerPath)
#define TW_SOAP_FIELDS_GetStoreNameResponse(T, V, S, P, N, Q, L) \
    V(T, TEXT, lpszStoreName) V(T, U32, er)
#define TW_SOAP_FIELDS_GetStoreTypeResponse(T, V, S, P, N, Q, L) \
    V(T, U32, ulStoreType) V(T, U32, er)
#define TW_SOAP_FIELDS_SortOrder(T, V, S, P, N, Q, L) \
    V(T, U32, ulPropTag) V(T, U32, ulOrder)
#define TW_SOAP_FIELDS_ReadPropsResponse(T, V, S, P, N, Q, L) \
    V(T, U32, er) S(T, PropTagArray, aPropTag) S(T, PropValArray, aPropVal)
#define TW_SOAP_FIELDS_LoadPropResponse(T, V, S, P, N, Q, L) \
    V(T, U32, er) V(T, OPT_VALUE, lpPropVal)
#define TW_SOAP_FIELDS_CreateFolderResponse(T, V, S, P, N, Q, L) \
    V(T, U32, er) V(T, BYTES, sEntryId)
#define TW_SOAP_FIELDS_TableOpenResponse(T, V, S, P, N, Q, L) \
    V(T, U32, er) V(T, U32, ulTableId)
#define TW_SOAP_FIELDS_TableOpenRequest(T, V, S, P, N, Q, L) \
    V(T, BYTES, sEntryId) V(T, U32, ulTableType) V(T, U32, ulType) V(T, U32, ulFlags)
#define TW_SOAP_FIELDS_TableSortRequest(T, V, S, P, N, Q, L) \
    S(T, SortOrderArray, sSortOrder) V(T, U32, ulCategories) V(T, U32, ulExpanded)
#define TW_SOAP_FIELDS_TableQueryRowsRequest(T, V, S, P, N, Q, L) \
    V(T, U32, ulCount) V(T, U32, ulFlags)
#define TW_SOAP_FIELDS_TableQueryRowsResponse(T, V, S, P, N, Q, L) \
    V(T, U32, er) S(T, RowSet, sRowSet)
#define TW_SOAP_FIELDS_TableQueryColumnsResponse(T, V, S, P, N, Q, L) \
    V(T, U32, er) S(T, PropTagArray, sPropTagArray)
#define TW_SOAP_FIELDS_TableGetRowCountResponse(T, V, S, P, N, Q, L) \
    V(T, U32, er) V(T, U32, ulCount) V(T, U32, ulRow)
#define TW_SOAP_FIELDS_TableSeekRowResponse(T, V, S, P, N, Q, L) \
    V(T, U32, er) V(T, I32, lRowsSought)
#define TW_SOAP_FIELDS_TableBookmarkResponse(T, V, S, P, N, Q, L) \
    V(T, U32, er) V(T, U32, ulbkPosition)
#define TW_SOAP_FIELDS_TableExpandRowResponse(T, V, S, P, N, Q, L) \
    V(T, U32, er) S(T, RowSet, rowSet) V(T, U32, ulMoreRows)
#define TW_SOAP_FIELDS_TableCollapseRowResponse(T, V, S, P, N, Q, L) \
    V(T, U32, er) V(T, U32, ulRows)
#define TW_SOAP_FIELDS_TableGetCollapseStateResponse(T, V, S, P, N, Q, L) \
    V(T, BYTES, sCollapseState) V(T, U32, er)
#define TW_SOAP_FIELDS_TableSetCollapseStateResponse(T, V, S, P, N, Q, L) \
    V(T, U32, ulBookmark) V(T, U32, er)
#define TW_SOAP_FIELDS_TableMultiRequest(T, V, S, P, N, Q, L) \
    V(T, U32, ulTableId) V(T, U32, ulFlags) P(T, TableOpenRequest, lpOpen) \
    P(T, PropTagArray, lpSetColumns) P(T, RestrictTable, lpRestrict) \
    P(T, TableSortRequest, lpSort) P(T, TableQueryRowsRequest, lpQueryRows)
#define TW_SOAP_FIELDS_TableMultiResponse(T, V, S, P, N, Q, L) \
    V(T, U32, er) V(T, U32, ulTableId) S(T, RowSet, sRowSet)
#define TW_SOAP_FIELDS_NotificationObject(T, V, S, P, N, Q, L) \
    V(T, OPT_BYTES, pEntryId) V(T, U32, ulObjType) V(T, OPT_BYTES, pParentId) \
    V(T, OPT_BYTES, pOldId) V(T, OPT_BYTES, pOldParentId) P(T, PropTagArray, pPropTagArray)
#define TW_SOAP_FIELDS_NotificationTable(T, V, S, P, N, Q, L) \
    V(T, U32, ulTableEvent) V(T, U32, ulObjType) V(T, U32, hResult) V(T, VALUE, propIndex) \
    V(T, VALUE, propPrior) P(T, PropValArray, pRow)
#define TW_SOAP_FIELDS_NotificationNewMail(T, V, S, P, N, Q, L) \
    V(T, OPT_BYTES, pEntryId) V(T, OPT_BYTES, pParentId) V(T, TEXT, lpszMessageClass) \
    V(T, U32, ulMessageFlags)
#define TW_SOAP_FIELDS_NotificationICS(T, V, S, P, N, Q, L) \
    V(T, OPT_BYTES, pSyncState) V(T, U32, ulChangeType)
#define TW_SOAP_FIELDS_Notification(T, V, S, P, N, Q, L) \
    V(T, U32, ulConnection) V(T, U32, ulEventType) P(T, NotificationObject, obj) \
    P(T, NotificationTable, tab) P(T, NotificationNewMail, newmail) P(T, NotificationICS, ics)
#define TW_SOAP_FIELDS_NotifyResponse(T, V, S, P, N, Q, L) \
    P(T, NotificationArray, pNotificationArray) V(T, U32, er)
#define TW_SOAP_FIELDS_NotifySyncState(T, V, S, P, N, Q, L) \
    V(T, U32, ulSyncId) V(T, U32, ulChangeId)
#define TW_SOAP_FIELDS_NotifySubscribe(T, V, S, P, N, Q, L) \
    V(T, U32, ulConnection) V(T, BYTES, sKey) V(T, U32, ulEventMask) \
    S(T, NotifySyncState, sSyncState)
#define TW_SOAP_FIELDS_Rights(T, V, S, P, N, Q, L) \
    V(T, U32, ulUserid) V(T, U32, ulType) V(T, U32, ulRights) V(T, U32, ulState) \
    V(T, BYTES, sUserId)
#define TW_SOAP_FIELDS_RightsResponse(T, V, S, P, N, Q, L) \
    P(T, RightsArray, pRightsArray) V(T, U32, er)
#define TW_SOAP_FIELDS_GetOwnerResponse(T, V, S, P, N, Q, L) \
    V(T, U32, ulOwner) V(T, BYTES, sOwner) V(T, U32, er)
#define TW_SOAP_FIELDS_NamedProp(T, V, S, P, N, Q, L) \
    V(T, OPT_U32, lpId) V(T, TEXT, lpString) V(T, OPT_BYTES, lpguid)
#define TW_SOAP_FIELDS_GetIDsFromNamesResponse(T, V, S, P, N, Q, L) \
    S(T, PropTagArray, lpsPropTags) V(T, U32, er)
#define TW_SOAP_FIELDS_GetNamesFromIDsResponse(T, V, S, P, N, Q, L) \
    S(T, NamedPropArray, lpsNames) V(T, U32, er)
#define TW_SOAP_FIELDS_RestrictBitmask(T, V, S, P, N, Q, L) \
    V(T, U32, ulMask) V(T, U32, ulPropTag) V(T, U32, ulType)
#define TW_SOAP_FIELDS_RestrictCompare(T, V, S, P, N, Q, L) \
    V(T, U32, ulPropTag1) V(T, U32, ulPropTag2) V(T, U32, ulType)
#define TW_SOAP_FIELDS_RestrictContent(T, V, S, P, N, Q, L) \
    V(T, U32, ulFuzzyLevel) V(T, U32, ulPropTag) V(T, OPT_VALUE, lpProp)
#define TW_SOAP_FIELDS_RestrictExist(T, V, S, P, N, Q, L) \
    V(T, U32, ulPropTag)
#define TW_SOAP_FIELDS_RestrictComment(T, V, S, P, N, Q, L) \
    P(T, RestrictTable, lpResTable) S(T, PropValArray, sProps)
#define TW_SOAP_FIELDS_RestrictNot(T, V, S, P, N, Q, L) \
    P(T, RestrictTable, lpNot)
#define TW_SOAP_FIELDS_RestrictProp(T, V, S, P, N, Q, L) \
    V(T, U32, ulType) V(T, U32, ulPropTag) V(T, OPT_VALUE, lpProp)
#define TW_SOAP_FIELDS_RestrictSize(T, V, S, P, N, Q, L) \
    V(T, U32, ulType) V(T, U32, ulPropTag) V(T, U32, cb)
#define TW_SOAP_FIELDS_RestrictSub(T, V, S, P, N, Q, L) \
    V(T, U32, ulSubObject) P(T, RestrictTable, lpSubObject)
#define TW_SOAP_FIELDS_RestrictTable(T, V, S, P, N, Q, L) \
    V(T, U32, ulType) P(T, RestrictAnd, lpAnd) P(T, RestrictBitmask, lpBitmask) \
    P(T, RestrictCompare, lpCompare) P(T, RestrictContent, lpContent) \
    P(T, RestrictExist, lpExist) P(T, RestrictNot, lpNot) P(T, RestrictOr, lpOr) \
    P(T, RestrictProp, lpProp) P(T, RestrictSize, lpSize) P(T, RestrictComment, lpComment) \
    P(T, RestrictSub, lpSub)
#define TW_SOAP_FIELDS_TableGetSearchCriteriaResponse(T, V, S, P, N, Q, L) \
    P(T, RestrictTable, lpRestrict) P(T, EntryList, lpFolderIDs) V(T, U32, ulFlags) \
    V(T, U32, er)
#define TW_SOAP_FIELDS_ReceiveFolder(T, V, S, P, N, Q, L) \
    V(T, BYTES, sEntryId) V(T, TEXT, lpszAExplicitClass)
#define TW_SOAP_FIELDS_ReceiveFolderResponse(T, V, S, P, N, Q, L) \
    S(T, ReceiveFolder, sReceiveFolder) V(T, U32, er)
#define TW_SOAP_FIELDS_ReceiveFolderTableResponse(T, V, S, P, N, Q, L) \
    S(T, ReceiveFoldersArray, sFolderArray) V(T, U32, er)
#define TW_SOAP_FIELDS_SearchCriteria(T, V, S, P, N, Q, L) \
    P(T, RestrictTable, lpRestrict) P(T, EntryList, lpFolders) V(T, U32, ulFlags)
#define TW_SOAP_FIELDS_PropmapPair(T, V, S, P, N, Q, L) \
    V(T, U32, ulPropId) V(T, TEXT, lpszValue)
#define TW_SOAP_FIELDS_PropmapMVPair(T, V, S, P, N, Q, L) \
    V(T, U32, ulPropId) S(T, MvString8, sValues)
#define TW_SOAP_FIELDS_User(T, V, S, P, N, Q, L) \
    V(T, U32, ulUserId) V(T, TEXT, lpszUsername) V(T, TEXT, lpszPassword) \
    V(T, TEXT, lpszMailAddress) V(T, TEXT, lpszFullName) V(T, TEXT, lpszServername) \
    V(T, U32, ulIsNonActive) V(T, U32, ulIsAdmin) V(T, U32, ulIsABHidden) V(T, U32, ulCapacity) \
    V(T, U32, ulObjClass) P(T, PropmapPairArray, lpsPropmap) \
    P(T, PropmapMVPairArray, lpsMVPropmap) V(T, BYTES, sUserId)
#define TW_SOAP_FIELDS_UserListResponse(T, V, S, P, N, Q, L) \
    S(T, UserArray, sUserArray) V(T, U32, er)
#define TW_SOAP_FIELDS_GetUserResponse(T, V, S, P, N, Q, L) \
    P(T, User, lpsUser) V(T, U32, er)
#define TW_SOAP_FIELDS_SetUserResponse(T, V, S, P, N, Q, L) \
    V(T, U32, ulUserId) V(T, BYTES, sUserId) V(T, U32, er)
#define TW_SOAP_FIELDS_Group(T, V, S, P, N, Q, L) \
    V(T, U32, ulGroupId) V(T, BYTES, sGroupId) V(T, TEXT, lpszGroupname) \
    V(T, TEXT, lpszFullname) V(T, TEXT, lpszFullEmail) V(T, U32, ulIsABHidden) \
    P(T, PropmapPairArray, lpsPropmap) P(T, PropmapMVPairArray, lpsMVPropmap)
#define TW_SOAP_FIELDS_GroupListResponse(T, V, S, P, N, Q, L) \
    S(T, GroupArray, sGroupArray) V(T, U32, er)
#define TW_SOAP_FIELDS_GetGroupResponse(T, V, S, P, N, Q, L) \
    P(T, Group, lpsGroup) V(T, U32, er)
#define TW_SOAP_FIELDS_SetGroupResponse(T, V, S, P, N, Q, L) \
    V(T, U32, ulGroupId) V(T, BYTES, sGroupId) V(T, U32, er)
#define TW_SOAP_FIELDS_Company(T, V, S, P, N, Q, L) \
    V(T, U32, ulCompanyId) V(T, U32, ulAdministrator) V(T, BYTES, sCompanyId) \
    V(T, BYTES, sAdministrator) V(T, TEXT, lpszCompanyname) V(T, TEXT, lpszServername) \
    V(T, U32, ulIsABHidden) P(T, PropmapPairArray, lpsPropmap) \
    P(T, PropmapMVPairArray, lpsMVPropmap)
#define TW_SOAP_FIELDS_CompanyListResponse(T, V, S, P, N, Q, L) \
    S(T, CompanyArray, sCompanyArray) V(T, U32, er)
#define TW_SOAP_FIELDS_GetCompanyResponse(T, V, S, P, N, Q, L) \
    P(T, Company, lpsCompany) V(T, U32, er)
#define TW_SOAP_FIELDS_SetCompanyResponse(T, V, S, P, N, Q, L) \
    V(T, U32, ulCompanyId) V(T, BYTES, sCompanyId) V(T, U32, er)
#define TW_SOAP_FIELDS_ResolveUserStoreResponse(T, V, S, P, N, Q, L) \
    V(T, U32, ulUserId) V(T, BYTES, sUserId) V(T, BYTES, sStoreId) V(T, BYTES, guid) \
    V(T, U32, er) V(T, TEXT, lpszServerPath)
#define TW_SOAP_FIELDS_ResolveCompanyResponse(T, V, S, P, N, Q, L) \
    V(T, U32, ulCompanyId) V(T, BYTES, sCompanyId) V(T, U32, er)
#define TW_SOAP_FIELDS_ResolveGroupResponse(T, V, S, P, N, Q, L) \
    V(T, U32, ulGroupId) V(T, BYTES, sGroupId) V(T, U32, er)
#define TW_SOAP_FIELDS_ResolveUserResponse(T, V, S, P, N, Q, L) \
    V(T, U32, ulUserId) V(T, BYTES, sUserId) V(T, U32, er)
#define TW_SOAP_FIELDS_AbResolveNamesResponse(T, V, S, P, N, Q, L) \
    S(T, RowSet, sRowSet) S(T, FlagArray, aFlags) V(T, U32, er)
#define TW_SOAP_FIELDS_Quota(T, V, S, P, N, Q, L) \
    V(T, BOOL, bUseDefaultQuota) V(T, BOOL, bIsUserDefaultQuota) V(T, I64, llWarnSize) \
    V(T, I64, llSoftSize) V(T, I64, llHardSize)
#define TW_SOAP_FIELDS_QuotaResponse(T, V, S, P, N, Q, L) \
    S(T, Quota, sQuota) V(T, U32, er)
#define TW_SOAP_FIELDS_QuotaStatus(T, V, S, P, N, Q, L) \
    V(T, I64, llStoreSize) V(T, U32, ulQuotaStatus) V(T, U32, er)
#define TW_SOAP_FIELDS_MessageStatus(T, V, S, P, N, Q, L) \
    V(T, U32, ulMessageStatus) V(T, U32, er)
#define TW_SOAP_FIELDS_IcsChange(T, V, S, P, N, Q, L) \
    V(T, U32, ulChangeId) V(T, BYTES, sSourceKey) V(T, BYTES, sParentSourceKey) \
    V(T, U32, ulChangeType) V(T, U32, ulFlags)
#define TW_SOAP_FIELDS_IcsChangeResponse(T, V, S, P, N, Q, L) \
    S(T, IcsChangesArray, sChangesArray) V(T, U32, ulMaxChangeId) V(T, U32, er)
#define TW_SOAP_FIELDS_SetSyncStatusResponse(T, V, S, P, N, Q, L) \
    V(T, U32, ulSyncId) V(T, U32, er)
#define TW_SOAP_FIELDS_GetEntryIDFromSourceKeyResponse(T, V, S, P, N, Q, L) \
    V(T, BYTES, sEntryId) V(T, U32, er)
#define TW_SOAP_FIELDS_GetLicenseAuthResponse(T, V, S, P, N, Q, L) \
    V(T, BYTES, sAuthResponse) V(T, U32, er)
#define TW_SOAP_FIELDS_ResolvePseudoUrlResponse(T, V, S, P, N, Q, L) \
    V(T, TEXT, lpszServerPath) V(T, BOOL, bIsPeer) V(T, U32, er)
#define TW_SOAP_FIELDS_Server(T, V, S, P, N, Q, L) \
    V(T, TEXT, lpszName) V(T, TEXT, lpszFilePath) V(T, TEXT, lpszHttpPath) \
    V(T, TEXT, lpszSslPath) V(T, TEXT, lpszPreferedPath) V(T, U32, ulFlags)
#define TW_SOAP_FIELDS_GetServerDetailsResponse(T, V, S, P, N, Q, L) \
    S(T, ServerList, sServerList) V(T, U32, er)
#define TW_SOAP_FIELDS_SourceKeyPair(T, V, S, P, N, Q, L) \
    V(T, BYTES, sParentKey) V(T, BYTES, sObjectKey)
#define TW_SOAP_FIELDS_MessageStream(T, V, S, P, N, Q, L) \
    V(T, U32, ulStep) S(T, PropValArray, sPropVals) V(T, XOP, sStreamData)
#define TW_SOAP_FIELDS_ExportMessageChangesAsStreamResponse(T, V, S, P, N, Q, L) \
    S(T, MessageStreamArray, sMsgStreams) V(T, U32, er)
#define TW_SOAP_FIELDS_GetChangeInfoResponse(T, V, S, P, N, Q, L) \
    V(T, VALUE, sPropPCL) V(T, VALUE, sPropCK) V(T, U32, er)
#define TW_SOAP_FIELDS_SyncState(T, V, S, P, N, Q, L) \
    V(T, U32, ulSyncId) V(T, U32, ulChangeId)
#define TW_SOAP_FIELDS_GetSyncStatesReponse(T, V, S, P, N, Q, L) \
    S(T, SyncStateArray, sSyncStates) V(T, U32, er)
#define TW_SOAP_FIELDS_PurgeDeferredUpdatesResponse(T, V, S, P, N, Q, L) \
    V(T, U32, ulDeferredRemaining) V(T, U32, er)
#define TW_SOAP_FIELDS_ResetFolderCountResponse(T, V, S, P, N, Q, L) \
    V(T, U32, ulUpdates) V(T, U32, er)
#define TW_SOAP_FIELDS_NewFolder(T, V, S, P, N, Q, L) \
    V(T, TEXT, name) V(T, TEXT, comment) V(T, OPT_BYTES, entryid) \
    N(T, BOOL, open_if_exists, "open-if-exists") V(T, U32, type) N(T, U32, sync_id, "sync-id") \
    N(T, BYTES, original_sourcekey, "original-sourcekey")
#define TW_SOAP_FIELDS_CreateFoldersResponse(T, V, S, P, N, Q, L) \
    V(T, U32, er) P(T, EntryList, entryids)
#define TW_SOAP_FIELDS_ActionMoveCopy(T, V, S, P, N, Q, L) \
    V(T, BYTES, store) V(T, BYTES, folder)
#define TW_SOAP_FIELDS_ActionReply(T, V, S, P, N, Q, L) \
    V(T, BYTES, message) V(T, BYTES, guid)
#define TW_SOAP_FIELDS_ActionDefer(T, V, S, P, N, Q, L) \
    V(T, BYTES, bin)
#define TW_SOAP_FIELDS_Action(T, V, S, P, N, Q, L) \
    V(T, U32, acttype) V(T, U32, flavor) V(T, U32, flags) P(T, ActionMoveCopy, moveCopy) \
    P(T, ActionReply, reply) P(T, ActionDefer, defer) V(T, OPT_U32, bouncecode) \
    P(T, RowSet, adrlist) V(T, OPT_VALUE, prop)
#define TW_SOAP_FIELDS_CategoryState(T, V, S, P, N, Q, L) \
    S(T, PropValArray, sProps) V(T, U32, fExpanded)
#define TW_SOAP_FIELDS_CollapseState(T, V, S, P, N, Q, L) \
    S(T, CategoryStateArray, sCategoryStates) S(T, PropValArray, sBookMarkProps)
#define TW_SOAP_FIELDS_Result(T, V, S, P, N, Q, L) \
    V(T, U32, result)
#define TW_SOAP_FIELDS_ErrorOnly(T, V, S, P, N, Q, L) \
    V(T, U32, er)
#define TW_SOAP_FIELDS_FaultCode(T, V, S, P, N, Q, L) \
    V(T, TEXT, Value)
#define TW_SOAP_FIELDS_FaultReason(T, V, S, P, N, Q, L) \
    V(T, TEXT, Text)
#define TW_SOAP_FIELDS_Fault(T, V, S, P, N, Q, L) \
    V(T, TEXT, faultcode) V(T, TEXT, faultstring) S(T, FaultCode, Code) S(T, FaultReason, Reason)
#define TW_SOAP_FIELDS_NoArgs(T, V, S, P, N, Q, L)
#define TW_SOAP_FIELDS_SessionArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId)

/* Each row: structure, its name on the wire. A structure comes after those it holds. */
/* Twiga's own: soapd/own.c */
#define TW_SOAP_FIELDS_TwigaCallResponse(T, V, S, P, N, Q, L) \
    V(T, U32, er) V(T, U32, ulError) V(T, TEXT, szReason) V(T, BYTES, sAnswer)
#define TW_SOAP_FIELDS_TwigaSessionResponse(T, V, S, P, N, Q, L) \
    V(T, U32, er) V(T, BYTES, sInfo) V(T, BYTES, sServer) V(T, U32, ulTimeoutSeconds)
#define TW_SOAP_FIELDS_TwigaWatchResponse(T, V, S, P, N, Q, L) \
    V(T, U32, er) V(T, U32, ulWatch) V(T, BOOL, bMissed) V(T, BYTES, sEvents)
#define TW_SOAP_FIELDS_TwigaWaitResponse(T, V, S, P, N, Q, L) \
    V(T, U32, er) S(T, FlagArray, aWatches)

#define TW_SOAP_RECORD_LIST(X) \
    X(HiloLong, "hiloLong") \
    X(SaveObject, "saveObject") \
    X(LoadObjectResponse, "loadObjectResponse") \
    X(LogonResponse, "logonResponse") \
    X(SsoLogonResponse, "ssoLogonResponse") \
    X(GetStoreResponse, "getStoreResponse") \
    X(GetStoreNameResponse, "getStoreNameResponse") \
    X(GetStoreTypeResponse, "getStoreTypeResponse") \
    X(SortOrder, "sortOrder") \
    X(ReadPropsResponse, "readPropsResponse") \
    X(LoadPropResponse, "loadPropResponse") \
    X(CreateFolderResponse, "createFolderResponse") \
    X(TableOpenResponse, "tableOpenResponse") \
    X(TableOpenRequest, "tableOpenRequest") \
    X(TableSortRequest, "tableSortRequest") \
    X(TableQueryRowsRequest, "tableQueryRowsRequest") \
    X(TableQueryRowsResponse, "tableQueryRowsResponse") \
    X(TableQueryColumnsResponse, "tableQueryColumnsResponse") \
    X(TableGetRowCountResponse, "tableGetRowCountResponse") \
    X(TableSeekRowResponse, "tableSeekRowResponse") \
    X(TableBookmarkResponse, "tableBookmarkResponse") \
    X(TableExpandRowResponse, "tableExpandRowResponse") \
    X(TableCollapseRowResponse, "tableCollapseRowResponse") \
    X(TableGetCollapseStateResponse, "tableGetCollapseStateResponse") \
    X(TableSetCollapseStateResponse, "tableSetCollapseStateResponse") \
    X(TableMultiRequest, "tableMultiRequest") \
    X(TableMultiResponse, "tableMultiResponse") \
    X(NotificationObject, "notificationObject") \
    X(NotificationTable, "notificationTable") \
    X(NotificationNewMail, "notificationNewMail") \
    X(NotificationICS, "notificationICS") \
    X(Notification, "notification") \
    X(NotifyResponse, "notifyResponse") \
    X(NotifySyncState, "notifySyncState") \
    X(NotifySubscribe, "notifySubscribe") \
    X(Rights, "rights") \
    X(RightsResponse, "rightsResponse") \
    X(GetOwnerResponse, "getOwnerResponse") \
    X(NamedProp, "namedProp") \
    X(GetIDsFromNamesResponse, "getIDsFromNamesResponse") \
    X(GetNamesFromIDsResponse, "getNamesFromIDsResponse") \
    X(RestrictBitmask, "restrictBitmask") \
    X(RestrictCompare, "restrictCompare") \
    X(RestrictContent, "restrictContent") \
    X(RestrictExist, "restrictExist") \
    X(RestrictComment, "restrictComment") \
    X(RestrictNot, "restrictNot") \
    X(RestrictProp, "restrictProp") \
    X(RestrictSize, "restrictSize") \
    X(RestrictSub, "restrictSub") \
    X(RestrictTable, "restrictTable") \
    X(TableGetSearchCriteriaResponse, "tableGetSearchCriteriaResponse") \
    X(ReceiveFolder, "receiveFolder") \
    X(ReceiveFolderResponse, "receiveFolderResponse") \
    X(ReceiveFolderTableResponse, "receiveFolderTableResponse") \
    X(SearchCriteria, "searchCriteria") \
    X(PropmapPair, "propmapPair") \
    X(PropmapMVPair, "propmapMVPair") \
    X(User, "user") \
    X(UserListResponse, "userListResponse") \
    X(GetUserResponse, "getUserResponse") \
    X(SetUserResponse, "setUserResponse") \
    X(Group, "group") \
    X(GroupListResponse, "groupListResponse") \
    X(GetGroupResponse, "getGroupResponse") \
    X(SetGroupResponse, "setGroupResponse") \
    X(Company, "company") \
    X(CompanyListResponse, "companyListResponse") \
    X(GetCompanyResponse, "getCompanyResponse") \
    X(SetCompanyResponse, "setCompanyResponse") \
    X(ResolveUserStoreResponse, "resolveUserStoreResponse") \
    X(ResolveCompanyResponse, "resolveCompanyResponse") \
    X(ResolveGroupResponse, "resolveGroupResponse") \
    X(ResolveUserResponse, "resolveUserResponse") \
    X(AbResolveNamesResponse, "abResolveNamesResponse") \
    X(Quota, "quota") \
    X(QuotaResponse, "quotaResponse") \
    X(QuotaStatus, "quotaStatus") \
    X(MessageStatus, "messageStatus") \
    X(IcsChange, "icsChange") \
    X(IcsChangeResponse, "icsChangeResponse") \
    X(SetSyncStatusResponse, "setSyncStatusResponse") \
    X(GetEntryIDFromSourceKeyResponse, "getEntryIDFromSourceKeyResponse") \
    X(GetLicenseAuthResponse, "getLicenseAuthResponse") \
    X(ResolvePseudoUrlResponse, "resolvePseudoUrlResponse") \
    X(Server, "server") \
    X(GetServerDetailsResponse, "getServerDetailsResponse") \
    X(SourceKeyPair, "sourceKeyPair") \
    X(MessageStream, "messageStream") \
    X(ExportMessageChangesAsStreamResponse, "exportMessageChangesAsStreamResponse") \
    X(GetChangeInfoResponse, "getChangeInfoResponse") \
    X(SyncState, "syncState") \
    X(GetSyncStatesReponse, "getSyncStatesReponse") \
    X(PurgeDeferredUpdatesResponse, "purgeDeferredUpdatesResponse") \
    X(ResetFolderCountResponse, "resetFolderCountResponse") \
    X(NewFolder, "new-folder") \
    X(CreateFoldersResponse, "create-folders-response") \
    X(ActionMoveCopy, "moveCopy") \
    X(ActionReply, "reply") \
    X(ActionDefer, "defer") \
    X(Action, "action") \
    X(CategoryState, "categoryState") \
    X(CollapseState, "collapseState") \
    X(Result, "result") \
    X(ErrorOnly, "er") \
    X(FaultCode, "Code") \
    X(FaultReason, "Reason") \
    X(Fault, "Fault") \
    X(NoArgs, "") \
    X(SessionArgs, "") \
    X(TwigaCallResponse, "twigaCallResponse") \
    X(TwigaSessionResponse, "twigaSessionResponse") \
    X(TwigaWatchResponse, "twigaWatchResponse") \
    X(TwigaWaitResponse, "twigaWaitResponse")
/* clang-format on */
