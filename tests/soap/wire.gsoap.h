// SPDX-License-Identifier: AGPL-3.0-or-later
// The wire for soapcpp2, written from spec/mapi-soap.md 4 and 6 and not from the tables of src/soap: what gSOAP makes of it
// is compared with what they make. In a name "_" is "-" on the wire. "int __size" in front is a bare list, behind an encoded
// array.

//gsoap ns service name: wire
//gsoap ns service style: rpc
//gsoap ns service encoding: encoded
//gsoap ns service namespace: urn:zarafa
//gsoap ns schema namespace: urn:zarafa
//gsoap ns schema form: unqualified
//gsoap xop schema namespace: http://www.w3.org/2004/08/xop/include

enum xsd__boolean { false_, true_ };

struct xsd__base64Binary {
    unsigned char *__ptr;
    int __size;
};

struct _xop__Include {
    @char *href;
};

struct streamData {
    struct _xop__Include *xop__Include;
};

struct mv_long {
    unsigned int *__ptr;
    int __size;
};
struct mv_string8 {
    char **__ptr;
    int __size;
};
struct hiloLong {
    int hi;
    unsigned int lo;
};
struct mv_i2 {
    short *__ptr;
    int __size;
};
struct mv_r4 {
    float *__ptr;
    int __size;
};
struct mv_double {
    double *__ptr;
    int __size;
};
struct mv_hiloLong {
    struct hiloLong *__ptr;
    int __size;
};
struct mv_binary {
    struct xsd__base64Binary *__ptr;
    int __size;
};
struct mv_i8 {
    LONG64 *__ptr;
    int __size;
};
// 4.2: tag, then the member of its type
union propValData {
    short i;
    unsigned int ul;
    float flt;
    double dbl;
    enum xsd__boolean b;
    char *lpszA;
    struct hiloLong *hilo;
    struct xsd__base64Binary *bin;
    LONG64 li;
    struct mv_i2 mvi;
    struct mv_long mvl;
    struct mv_r4 mvflt;
    struct mv_double mvdbl;
    struct mv_string8 mvszA;
    struct mv_hiloLong mvhilo;
    struct mv_binary mvbin;
    struct mv_i8 mvli;
    struct restrictTable *res;
    struct actions *actions;
};

struct propVal {
    unsigned int ulPropTag;
    int __union;
    union propValData value;
};

// 4.6
struct moveCopy {
    struct xsd__base64Binary store;
    struct xsd__base64Binary folder;
};
struct reply {
    struct xsd__base64Binary message;
    struct xsd__base64Binary guid;
};
struct defer {
    struct xsd__base64Binary bin;
};
union actionData {
    struct moveCopy moveCopy;
    struct reply reply;
    struct defer defer;
    unsigned int bouncecode;
    struct rowSet *adrlist;
    struct propVal *prop;
};
struct action {
    unsigned int acttype;
    unsigned int flavor;
    unsigned int flags;
    int __union;
    union actionData data;
};

struct logonResponse {
    unsigned int er;
    ULONG64 ulSessionId;
    char *lpszVersion;
    unsigned int ulCapabilities;
    struct xsd__base64Binary sLicenseResponse;
    struct xsd__base64Binary sServerGuid;
};
struct ssoLogonResponse {
    unsigned int er;
    ULONG64 ulSessionId;
    char *lpszVersion;
    unsigned int ulCapabilities;
    struct xsd__base64Binary *lpOutput;
    struct xsd__base64Binary sLicenseResponse;
    struct xsd__base64Binary sServerGuid;
};
struct getStoreResponse {
    unsigned int er;
    struct xsd__base64Binary sStoreId;
    struct xsd__base64Binary sRootId;
    struct xsd__base64Binary guid;
    char *lpszServerPath;
};
struct getStoreNameResponse {
    char *lpszStoreName;
    unsigned int er;
};
struct getStoreTypeResponse {
    unsigned int ulStoreType;
    unsigned int er;
};
struct rightsResponse {
    struct rightsArray *pRightsArray;
    unsigned int er;
};
struct rightsArray {
    int __size;
    struct rights *item;
};
struct loadPropResponse {
    unsigned int er;
    struct propVal *lpPropVal;
};
struct propTagArray {
    unsigned int *__ptr;
    int __size;
};
struct propValArray {
    struct propVal *__ptr;
    int __size;
};
struct saveObject {
    int __size;
    struct saveObject *item;
    struct propTagArray delProps;
    struct propValArray modProps;
    enum xsd__boolean bDelete;
    unsigned int ulClientId;
    unsigned int ulServerId;
    unsigned int ulObjType;
    struct entryList *lpInstanceIds;
};
struct loadObjectResponse {
    unsigned int er;
    struct saveObject sSaveObject;
};
struct notifySyncState {
    unsigned int ulSyncId;
    unsigned int ulChangeId;
};
struct notifySubscribe {
    unsigned int ulConnection;
    struct xsd__base64Binary sKey;
    unsigned int ulEventMask;
    struct notifySyncState sSyncState;
};
struct createFolderResponse {
    unsigned int er;
    struct xsd__base64Binary sEntryId;
};
struct new_folder_set {
    int __size;
    struct new_folder *item;
};
struct create_folders_response {
    unsigned int er;
    struct entryList *entryids;
};
struct entryList {
    int __size;
    struct xsd__base64Binary *item;
};
struct receiveFolder {
    struct xsd__base64Binary sEntryId;
    char *lpszAExplicitClass;
};
struct receiveFolderResponse {
    struct receiveFolder sReceiveFolder;
    unsigned int er;
};
struct receiveFoldersArray {
    int __size;
    struct receiveFolder *item;
};
struct receiveFolderTableResponse {
    struct receiveFoldersArray sFolderArray;
    unsigned int er;
};
struct messageStatus {
    unsigned int ulMessageStatus;
    unsigned int er;
};
struct namedPropArray {
    int __size;
    struct namedProp *item;
};
struct getIDsFromNamesResponse {
    struct propTagArray lpsPropTags;
    unsigned int er;
};
struct getNamesFromIDsResponse {
    struct namedPropArray lpsNames;
    unsigned int er;
};
struct notification {
    unsigned int ulConnection;
    unsigned int ulEventType;
    struct notificationObject *obj;
    struct notificationTable *tab;
    struct notificationNewMail *newmail;
    struct notificationICS *ics;
};
struct notifySubscribeArray {
    int __size;
    struct notifySubscribe *item;
};
struct notifyResponse {
    struct notificationArray *pNotificationArray;
    unsigned int er;
};
struct tableOpenResponse {
    unsigned int er;
    unsigned int ulTableId;
};
struct tableQueryColumnsResponse {
    unsigned int er;
    struct propTagArray sPropTagArray;
};
struct sortOrderArray {
    struct sortOrder *__ptr;
    int __size;
};
struct restrictTable {
    unsigned int ulType;
    struct restrictAnd *lpAnd;
    struct restrictBitmask *lpBitmask;
    struct restrictCompare *lpCompare;
    struct restrictContent *lpContent;
    struct restrictExist *lpExist;
    struct restrictNot *lpNot;
    struct restrictOr *lpOr;
    struct restrictProp *lpProp;
    struct restrictSize *lpSize;
    struct restrictComment *lpComment;
    struct restrictSub *lpSub;
};
struct tableGetRowCountResponse {
    unsigned int er;
    unsigned int ulCount;
    unsigned int ulRow;
};
struct rowSet {
    struct propValArray *__ptr;
    int __size;
};
struct tableQueryRowsResponse {
    unsigned int er;
    struct rowSet sRowSet;
};
struct tableSeekRowResponse {
    unsigned int er;
    int lRowsSought;
};
struct tableBookmarkResponse {
    unsigned int er;
    unsigned int ulbkPosition;
};
struct tableGetSearchCriteriaResponse {
    struct restrictTable *lpRestrict;
    struct entryList *lpFolderIDs;
    unsigned int ulFlags;
    unsigned int er;
};
struct tableExpandRowResponse {
    unsigned int er;
    struct rowSet rowSet;
    unsigned int ulMoreRows;
};
struct tableCollapseRowResponse {
    unsigned int er;
    unsigned int ulRows;
};
struct tableGetCollapseStateResponse {
    struct xsd__base64Binary sCollapseState;
    unsigned int er;
};
struct tableSetCollapseStateResponse {
    unsigned int ulBookmark;
    unsigned int er;
};
struct tableMultiRequest {
    unsigned int ulTableId;
    unsigned int ulFlags;
    struct tableOpenRequest *lpOpen;
    struct propTagArray *lpSetColumns;
    struct restrictTable *lpRestrict;
    struct tableSortRequest *lpSort;
    struct tableQueryRowsRequest *lpQueryRows;
};
struct tableMultiResponse {
    unsigned int er;
    unsigned int ulTableId;
    struct rowSet sRowSet;
};
struct resolveUserStoreResponse {
    unsigned int ulUserId;
    struct xsd__base64Binary sUserId;
    struct xsd__base64Binary sStoreId;
    struct xsd__base64Binary guid;
    unsigned int er;
    char *lpszServerPath;
};
struct user {
    unsigned int ulUserId;
    char *lpszUsername;
    char *lpszPassword;
    char *lpszMailAddress;
    char *lpszFullName;
    char *lpszServername;
    unsigned int ulIsNonActive;
    unsigned int ulIsAdmin;
    unsigned int ulIsABHidden;
    unsigned int ulCapacity;
    unsigned int ulObjClass;
    struct propmapPairArray *lpsPropmap;
    struct propmapMVPairArray *lpsMVPropmap;
    struct xsd__base64Binary sUserId;
};
struct setUserResponse {
    unsigned int ulUserId;
    struct xsd__base64Binary sUserId;
    unsigned int er;
};
struct getUserResponse {
    struct user *lpsUser;
    unsigned int er;
};
struct userArray {
    int __size;
    struct user *item;
};
struct userListResponse {
    struct userArray sUserArray;
    unsigned int er;
};
struct purgeDeferredUpdatesResponse {
    unsigned int ulDeferredRemaining;
    unsigned int er;
};
struct getOwnerResponse {
    unsigned int ulOwner;
    struct xsd__base64Binary sOwner;
    unsigned int er;
};
struct resolveUserResponse {
    unsigned int ulUserId;
    struct xsd__base64Binary sUserId;
    unsigned int er;
};
struct group {
    unsigned int ulGroupId;
    struct xsd__base64Binary sGroupId;
    char *lpszGroupname;
    char *lpszFullname;
    char *lpszFullEmail;
    unsigned int ulIsABHidden;
    struct propmapPairArray *lpsPropmap;
    struct propmapMVPairArray *lpsMVPropmap;
};
struct setGroupResponse {
    unsigned int ulGroupId;
    struct xsd__base64Binary sGroupId;
    unsigned int er;
};
struct getGroupResponse {
    struct group *lpsGroup;
    unsigned int er;
};
struct groupArray {
    int __size;
    struct group *item;
};
struct groupListResponse {
    struct groupArray sGroupArray;
    unsigned int er;
};
struct resolveGroupResponse {
    unsigned int ulGroupId;
    struct xsd__base64Binary sGroupId;
    unsigned int er;
};
struct company {
    unsigned int ulCompanyId;
    unsigned int ulAdministrator;
    struct xsd__base64Binary sCompanyId;
    struct xsd__base64Binary sAdministrator;
    char *lpszCompanyname;
    char *lpszServername;
    unsigned int ulIsABHidden;
    struct propmapPairArray *lpsPropmap;
    struct propmapMVPairArray *lpsMVPropmap;
};
struct setCompanyResponse {
    unsigned int ulCompanyId;
    struct xsd__base64Binary sCompanyId;
    unsigned int er;
};
struct getCompanyResponse {
    struct company *lpsCompany;
    unsigned int er;
};
struct resolveCompanyResponse {
    unsigned int ulCompanyId;
    struct xsd__base64Binary sCompanyId;
    unsigned int er;
};
struct companyArray {
    int __size;
    struct company *item;
};
struct companyListResponse {
    struct companyArray sCompanyArray;
    unsigned int er;
};
struct readPropsResponse {
    unsigned int er;
    struct propTagArray aPropTag;
    struct propValArray aPropVal;
};
struct flagArray {
    int __size;
    unsigned int *item;
};
struct abResolveNamesResponse {
    struct rowSet sRowSet;
    struct flagArray aFlags;
    unsigned int er;
};
struct resetFolderCountResponse {
    unsigned int ulUpdates;
    unsigned int er;
};
struct quota {
    enum xsd__boolean bUseDefaultQuota;
    enum xsd__boolean bIsUserDefaultQuota;
    LONG64 llWarnSize;
    LONG64 llSoftSize;
    LONG64 llHardSize;
};
struct quotaResponse {
    struct quota sQuota;
    unsigned int er;
};
struct quotaStatus {
    LONG64 llStoreSize;
    unsigned int ulQuotaStatus;
    unsigned int er;
};
struct icsChangesArray {
    int __size;
    struct icsChange *item;
};
struct icsChangeResponse {
    struct icsChangesArray sChangesArray;
    unsigned int ulMaxChangeId;
    unsigned int er;
};
struct setSyncStatusResponse {
    unsigned int ulSyncId;
    unsigned int er;
};
struct getEntryIDFromSourceKeyResponse {
    struct xsd__base64Binary sEntryId;
    unsigned int er;
};
struct syncStateArray {
    int __size;
    struct syncState *item;
};
struct getSyncStatesReponse {
    struct syncStateArray sSyncStates;
    unsigned int er;
};
struct getLicenseAuthResponse {
    struct xsd__base64Binary sAuthResponse;
    unsigned int er;
};
struct resolvePseudoUrlResponse {
    char *lpszServerPath;
    enum xsd__boolean bIsPeer;
    unsigned int er;
};
struct serverList {
    int __size;
    struct server *item;
};
struct getServerDetailsResponse {
    struct serverList sServerList;
    unsigned int er;
};
struct sourceKeyPairArray {
    int __size;
    struct sourceKeyPair *item;
};
struct messageStreamArray {
    int __size;
    struct messageStream *item;
};
struct exportMessageChangesAsStreamResponse {
    struct messageStreamArray sMsgStreams;
    unsigned int er;
};
struct getChangeInfoResponse {
    struct propVal sPropPCL;
    struct propVal sPropCK;
    unsigned int er;
};
struct sortOrder {
    unsigned int ulPropTag;
    unsigned int ulOrder;
};
struct tableOpenRequest {
    struct xsd__base64Binary sEntryId;
    unsigned int ulTableType;
    unsigned int ulType;
    unsigned int ulFlags;
};
struct tableSortRequest {
    struct sortOrderArray sSortOrder;
    unsigned int ulCategories;
    unsigned int ulExpanded;
};
struct tableQueryRowsRequest {
    unsigned int ulCount;
    unsigned int ulFlags;
};
struct notificationObject {
    struct xsd__base64Binary *pEntryId;
    unsigned int ulObjType;
    struct xsd__base64Binary *pParentId;
    struct xsd__base64Binary *pOldId;
    struct xsd__base64Binary *pOldParentId;
    struct propTagArray *pPropTagArray;
};
struct notificationTable {
    unsigned int ulTableEvent;
    unsigned int ulObjType;
    unsigned int hResult;
    struct propVal propIndex;
    struct propVal propPrior;
    struct propValArray *pRow;
};
struct notificationNewMail {
    struct xsd__base64Binary *pEntryId;
    struct xsd__base64Binary *pParentId;
    char *lpszMessageClass;
    unsigned int ulMessageFlags;
};
struct notificationICS {
    struct xsd__base64Binary *pSyncState;
    unsigned int ulChangeType;
};
struct notificationArray {
    int __size;
    struct notification *item;
};
struct rights {
    unsigned int ulUserid;
    unsigned int ulType;
    unsigned int ulRights;
    unsigned int ulState;
    struct xsd__base64Binary sUserId;
};
struct namedProp {
    unsigned int *lpId;
    char *lpString;
    struct xsd__base64Binary *lpguid;
};
struct restrictAnd {
    int __size;
    struct restrictTable *item;
};
struct restrictBitmask {
    unsigned int ulMask;
    unsigned int ulPropTag;
    unsigned int ulType;
};
struct restrictCompare {
    unsigned int ulPropTag1;
    unsigned int ulPropTag2;
    unsigned int ulType;
};
struct restrictContent {
    unsigned int ulFuzzyLevel;
    unsigned int ulPropTag;
    struct propVal *lpProp;
};
struct restrictExist {
    unsigned int ulPropTag;
};
struct restrictComment {
    struct restrictTable *lpResTable;
    struct propValArray sProps;
};
struct restrictNot {
    struct restrictTable *lpNot;
};
struct restrictOr {
    int __size;
    struct restrictTable *item;
};
struct restrictProp {
    unsigned int ulType;
    unsigned int ulPropTag;
    struct propVal *lpProp;
};
struct restrictSize {
    unsigned int ulType;
    unsigned int ulPropTag;
    unsigned int cb;
};
struct restrictSub {
    unsigned int ulSubObject;
    struct restrictTable *lpSubObject;
};
struct searchCriteria {
    struct restrictTable *lpRestrict;
    struct entryList *lpFolders;
    unsigned int ulFlags;
};
struct propmapPair {
    unsigned int ulPropId;
    char *lpszValue;
};
struct propmapPairArray {
    int __size;
    struct propmapPair *item;
};
struct propmapMVPair {
    unsigned int ulPropId;
    struct mv_string8 sValues;
};
struct propmapMVPairArray {
    int __size;
    struct propmapMVPair *item;
};
struct actions {
    struct action *__ptr;
    int __size;
};
struct icsChange {
    unsigned int ulChangeId;
    struct xsd__base64Binary sSourceKey;
    struct xsd__base64Binary sParentSourceKey;
    unsigned int ulChangeType;
    unsigned int ulFlags;
};
struct server {
    char *lpszName;
    char *lpszFilePath;
    char *lpszHttpPath;
    char *lpszSslPath;
    char *lpszPreferedPath;
    unsigned int ulFlags;
};
struct sourceKeyPair {
    struct xsd__base64Binary sParentKey;
    struct xsd__base64Binary sObjectKey;
};
struct messageStream {
    unsigned int ulStep;
    struct propValArray sPropVals;
    struct streamData sStreamData;
};
struct syncState {
    unsigned int ulSyncId;
    unsigned int ulChangeId;
};
struct new_folder {
    char *name;
    char *comment;
    struct xsd__base64Binary *entryid;
    enum xsd__boolean open_if_exists;
    unsigned int type;
    unsigned int sync_id;
    struct xsd__base64Binary original_sourcekey;
};

int ns__logon(char *szUsername, char *szPassword, char *szImpersonateUser, char *szVersion, unsigned int ulCapabilities, unsigned int ulFlags, struct xsd__base64Binary sLicenseReq, ULONG64 ullSessionGroup, char *szClientApp, char *szClientAppVersion, char *szClientAppMisc, struct logonResponse *response);
int ns__ssoLogon(ULONG64 ulSessionId, char *szUsername, char *szImpersonateUser, struct xsd__base64Binary *lpInput, char *clientVersion, unsigned int clientCaps, struct xsd__base64Binary sLicenseReq, ULONG64 ullSessionGroup, char *szClientApp, char *szClientAppVersion, char *szClientAppMisc, struct ssoLogonResponse *response);
int ns__getStore(ULONG64 ulSessionId, struct xsd__base64Binary *lpsEntryId, struct getStoreResponse *response);
int ns__getStoreName(ULONG64 ulSessionId, struct xsd__base64Binary sEntryId, struct getStoreNameResponse *response);
int ns__getStoreType(ULONG64 ulSessionId, struct xsd__base64Binary sEntryId, struct getStoreTypeResponse *response);
int ns__getPublicStore(ULONG64 ulSessionId, unsigned int ulFlags, struct getStoreResponse *response);
int ns__logoff(ULONG64 ulSessionId, unsigned int *result);
int ns__getRights(ULONG64 ulSessionId, struct xsd__base64Binary sEntryId, int ulType, struct rightsResponse *response);
int ns__setRights(ULONG64 ulSessionId, struct xsd__base64Binary sEntryId, struct rightsArray *lpsrightsArray, unsigned int *result);
int ns__loadProp(ULONG64 ulSessionId, struct xsd__base64Binary sEntryId, unsigned int ulObjId, unsigned int ulPropTag, struct loadPropResponse *response);
int ns__saveObject(ULONG64 ulSessionId, struct xsd__base64Binary sParentEntryId, struct xsd__base64Binary sEntryId, struct saveObject *lpsSaveObj, unsigned int ulFlags, unsigned int ulSyncId, struct loadObjectResponse *response);
int ns__loadObject(ULONG64 ulSessionId, struct xsd__base64Binary sEntryId, struct notifySubscribe *lpsNotSubscribe, unsigned int ulFlags, struct loadObjectResponse *response);
int ns__createFolder(ULONG64 ulSessionId, struct xsd__base64Binary sParentId, struct xsd__base64Binary *lpsNewEntryId, unsigned int ulType, char *szName, char *szComment, enum xsd__boolean fOpenIfExists, unsigned int ulSyncId, struct xsd__base64Binary sOrigSourceKey, struct createFolderResponse *response);
int ns__create_folders(ULONG64 session_id, struct xsd__base64Binary parent_eid, struct new_folder_set batch, struct create_folders_response *response);
int ns__deleteObjects(ULONG64 ulSessionId, unsigned int ulFlags, struct entryList *aMessages, unsigned int ulSyncId, unsigned int *result);
int ns__copyObjects(ULONG64 ulSessionId, struct entryList *aMessages, struct xsd__base64Binary sDestFolderId, unsigned int ulFlags, unsigned int ulSyncId, unsigned int *result);
int ns__emptyFolder(ULONG64 ulSessionId, struct xsd__base64Binary sEntryId, unsigned int ulFlags, unsigned int ulSyncId, unsigned int *result);
int ns__deleteFolder(ULONG64 ulSessionId, struct xsd__base64Binary sEntryId, unsigned int ulFlags, unsigned int ulSyncId, unsigned int *result);
int ns__copyFolder(ULONG64 ulSessionId, struct xsd__base64Binary sEntryId, struct xsd__base64Binary sDestFolderId, char *lpszNewFolderName, unsigned int ulFlags, unsigned int ulSyncId, unsigned int *result);
int ns__setReadFlags(ULONG64 ulSessionId, unsigned int ulFlags, struct xsd__base64Binary *lpsEntryId, struct entryList *lpMessages, unsigned int ulSyncId, unsigned int *result);
int ns__setReceiveFolder(ULONG64 ulSessionId, struct xsd__base64Binary sStoreId, struct xsd__base64Binary *lpsEntryId, char *lpszMessageClass, unsigned int *result);
int ns__getReceiveFolder(ULONG64 ulSessionId, struct xsd__base64Binary sStoreId, char *lpszMessageClass, struct receiveFolderResponse *response);
int ns__getReceiveFolderTable(ULONG64 ulSessionId, struct xsd__base64Binary sStoreId, struct receiveFolderTableResponse *response);
int ns__getMessageStatus(ULONG64 ulSessionId, struct xsd__base64Binary sEntryId, unsigned int ulFlags, struct messageStatus *response);
int ns__setMessageStatus(ULONG64 ulSessionId, struct xsd__base64Binary sEntryId, unsigned int ulNewStatus, unsigned int ulNewStatusMask, unsigned int ulSyncId, struct messageStatus *response);
int ns__getIDsFromNames(ULONG64 ulSessionId, struct namedPropArray *lpsNamedProps, unsigned int ulFlags, struct getIDsFromNamesResponse *response);
int ns__getNamesFromIDs(ULONG64 ulSessionId, struct propTagArray *lpsPropTags, struct getNamesFromIDsResponse *response);
int ns__notify(ULONG64 ulSessionId, struct notification sNotification, unsigned int *er);
int ns__notifySubscribe(ULONG64 ulSessionId, struct notifySubscribe *notifySubscribe, unsigned int *result);
int ns__notifySubscribeMulti(ULONG64 ulSessionId, struct notifySubscribeArray *notifySubscribeArray, unsigned int *result);
int ns__notifyUnSubscribe(ULONG64 ulSessionId, unsigned int ulConnection, unsigned int *result);
int ns__notifyUnSubscribeMulti(ULONG64 ulSessionId, struct mv_long *ulConnectionArray, unsigned int *result);
int ns__notifyGetItems(ULONG64 ulSessionId, struct notifyResponse *response);
int ns__tableOpen(ULONG64 ulSessionId, struct xsd__base64Binary sEntryId, unsigned int ulTableType, unsigned int ulType, unsigned int ulFlags, struct tableOpenResponse *response);
int ns__tableClose(ULONG64 ulSessionId, unsigned int ulTableId, unsigned int *result);
int ns__tableSetColumns(ULONG64 ulSessionId, unsigned int ulTableId, struct propTagArray *aPropTag, unsigned int *result);
int ns__tableQueryColumns(ULONG64 ulSessionId, unsigned int ulTableId, unsigned int ulFlags, struct tableQueryColumnsResponse *response);
int ns__tableSort(ULONG64 ulSessionId, unsigned int ulTableId, struct sortOrderArray *aSortOrder, unsigned int ulCategories, unsigned int ulExpanded, unsigned int *result);
int ns__tableRestrict(ULONG64 ulSessionId, unsigned int ulTableId, struct restrictTable *lpRestrict, unsigned int *result);
int ns__tableGetRowCount(ULONG64 ulSessionId, unsigned int ulTableId, struct tableGetRowCountResponse *response);
int ns__tableQueryRows(ULONG64 ulSessionId, unsigned int ulTableId, unsigned int ulRowCount, unsigned int ulFlags, struct tableQueryRowsResponse *response);
int ns__tableFindRow(ULONG64 ulSessionId, unsigned int ulTableId, unsigned int ulBookmark, unsigned int ulFlags, struct restrictTable *lpsRestrict, unsigned int *result);
int ns__tableSeekRow(ULONG64 ulSessionId, unsigned int ulTableId, unsigned int ulBookmark, int lRowCount, struct tableSeekRowResponse *response);
int ns__tableCreateBookmark(ULONG64 ulSessionId, unsigned int ulTableId, struct tableBookmarkResponse *response);
int ns__tableFreeBookmark(ULONG64 ulSessionId, unsigned int ulTableId, unsigned int ulbkPosition, unsigned int *result);
int ns__tableSetSearchCriteria(ULONG64 ulSessionId, struct xsd__base64Binary sEntryId, struct restrictTable *lpRestrict, struct entryList *lpFolders, unsigned int ulFlags, unsigned int *result);
int ns__tableGetSearchCriteria(ULONG64 ulSessionId, struct xsd__base64Binary sEntryId, struct tableGetSearchCriteriaResponse *response);
int ns__tableExpandRow(ULONG64 ulSessionId, unsigned int ulTableId, struct xsd__base64Binary sInstanceKey, unsigned int ulRowCount, unsigned int ulFlags, struct tableExpandRowResponse *response);
int ns__tableCollapseRow(ULONG64 ulSessionId, unsigned int ulTableId, struct xsd__base64Binary sInstanceKey, unsigned int ulFlags, struct tableCollapseRowResponse *response);
int ns__tableGetCollapseState(ULONG64 ulSessionId, unsigned int ulTableId, struct xsd__base64Binary sBookmark, struct tableGetCollapseStateResponse *response);
int ns__tableSetCollapseState(ULONG64 ulSessionId, unsigned int ulTableId, struct xsd__base64Binary sCollapseState, struct tableSetCollapseStateResponse *response);
int ns__tableMulti(ULONG64 ulSessionId, struct tableMultiRequest sRequest, struct tableMultiResponse *response);
int ns__submitMessage(ULONG64 ulSessionId, struct xsd__base64Binary sEntryId, unsigned int ulFlags, unsigned int *result);
int ns__finishedMessage(ULONG64 ulSessionId, struct xsd__base64Binary sEntryId, unsigned int ulFlags, unsigned int *result);
int ns__abortSubmit(ULONG64 ulSessionId, struct xsd__base64Binary sEntryId, unsigned int *result);
int ns__resolveStore(ULONG64 ulSessionId, struct xsd__base64Binary sStoreGuid, struct resolveUserStoreResponse *response);
int ns__resolveUserStore(ULONG64 ulSessionId, char *szUserName, unsigned int ulStoreTypeMask, unsigned int ulFlags, struct resolveUserStoreResponse *response);
int ns__createUser(ULONG64 ulSessionId, struct user *lpsUser, struct setUserResponse *response);
int ns__deleteUser(ULONG64 ulSessionId, unsigned int ulUserId, struct xsd__base64Binary sUserId, unsigned int *result);
int ns__removeAllObjects(ULONG64 ulSessionId, struct xsd__base64Binary sExceptUserId, unsigned int *result);
int ns__getUser(ULONG64 ulSessionId, unsigned int ulUserId, struct xsd__base64Binary sUserId, struct getUserResponse *response);
int ns__setUser(ULONG64 ulSessionId, struct user *lpsUser, unsigned int *result);
int ns__getUserList(ULONG64 ulSessionId, unsigned int ulCompanyId, struct xsd__base64Binary sCompanyId, struct userListResponse *response);
int ns__getSendAsList(ULONG64 ulSessionId, unsigned int ulUserId, struct xsd__base64Binary sUserId, struct userListResponse *response);
int ns__addSendAsUser(ULONG64 ulSessionId, unsigned int ulUserId, struct xsd__base64Binary sUserId, unsigned int ulSenderId, struct xsd__base64Binary sSenderId, unsigned int *result);
int ns__delSendAsUser(ULONG64 ulSessionId, unsigned int ulUserId, struct xsd__base64Binary sUserId, unsigned int ulSenderId, struct xsd__base64Binary sSenderId, unsigned int *result);
int ns__purgeSoftDelete(ULONG64 ulSessionId, unsigned int ulDays, unsigned int *result);
int ns__purgeDeferredUpdates(ULONG64 ulSessionId, struct purgeDeferredUpdatesResponse *response);
int ns__purgeCache(ULONG64 ulSessionId, unsigned int ulFlags, unsigned int *result);
int ns__createStore(ULONG64 ulSessionId, unsigned int ulStoreType, unsigned int ulUserId, struct xsd__base64Binary sUserId, struct xsd__base64Binary sStoreId, struct xsd__base64Binary sRootId, unsigned int ulFlags, unsigned int *result);
int ns__removeStore(ULONG64 ulSessionId, struct xsd__base64Binary sStoreGuid, unsigned int ulSyncId, unsigned int *result);
int ns__hookStore(ULONG64 ulSessionId, unsigned int ulStoreType, struct xsd__base64Binary sUserId, struct xsd__base64Binary sStoreGuid, unsigned int ulSyncId, unsigned int *result);
int ns__unhookStore(ULONG64 ulSessionId, unsigned int ulStoreType, struct xsd__base64Binary sUserId, unsigned int ulSyncId, unsigned int *result);
int ns__getOwner(ULONG64 ulSessionId, struct xsd__base64Binary sEntryId, struct getOwnerResponse *response);
int ns__resolveUsername(ULONG64 ulSessionId, char *lpszUsername, struct resolveUserResponse *response);
int ns__createGroup(ULONG64 ulSessionId, struct group *lpsGroup, struct setGroupResponse *response);
int ns__setGroup(ULONG64 ulSessionId, struct group *lpsGroup, unsigned int *result);
int ns__getGroup(ULONG64 ulSessionId, unsigned int ulGroupId, struct xsd__base64Binary sGroupId, struct getGroupResponse *response);
int ns__getGroupList(ULONG64 ulSessionId, unsigned int ulCompanyId, struct xsd__base64Binary sCompanyId, struct groupListResponse *response);
int ns__groupDelete(ULONG64 ulSessionId, unsigned int ulGroupId, struct xsd__base64Binary sGroupId, unsigned int *result);
int ns__resolveGroupname(ULONG64 ulSessionId, char *lpszGroupname, struct resolveGroupResponse *response);
int ns__deleteGroupUser(ULONG64 ulSessionId, unsigned int ulGroupId, struct xsd__base64Binary sGroupId, unsigned int ulUserId, struct xsd__base64Binary sUserId, unsigned int *result);
int ns__addGroupUser(ULONG64 ulSessionId, unsigned int ulGroupId, struct xsd__base64Binary sGroupId, unsigned int ulUserId, struct xsd__base64Binary sUserId, unsigned int *result);
int ns__getUserListOfGroup(ULONG64 ulSessionId, unsigned int ulGroupId, struct xsd__base64Binary sGroupId, struct userListResponse *response);
int ns__getGroupListOfUser(ULONG64 ulSessionId, unsigned int ulUserId, struct xsd__base64Binary sUserId, struct groupListResponse *response);
int ns__createCompany(ULONG64 ulSessionId, struct company *lpsCompany, struct setCompanyResponse *response);
int ns__deleteCompany(ULONG64 ulSessionId, unsigned int ulCompanyId, struct xsd__base64Binary sCompanyId, unsigned int *result);
int ns__setCompany(ULONG64 ulSessionId, struct company *lpsCompany, unsigned int *result);
int ns__getCompany(ULONG64 ulSessionId, unsigned int ulCompanyId, struct xsd__base64Binary sCompanyId, struct getCompanyResponse *response);
int ns__resolveCompanyname(ULONG64 ulSessionId, char *lpszCompanyname, struct resolveCompanyResponse *response);
int ns__getCompanyList(ULONG64 ulSessionId, struct companyListResponse *response);
int ns__addCompanyToRemoteViewList(ULONG64 ecSessionId, unsigned int ulSetCompanyId, struct xsd__base64Binary sSetCompanyId, unsigned int ulCompanyId, struct xsd__base64Binary sCompanyId, unsigned int *result);
int ns__delCompanyFromRemoteViewList(ULONG64 ecSessionId, unsigned int ulSetCompanyId, struct xsd__base64Binary sSetCompanyId, unsigned int ulCompanyId, struct xsd__base64Binary sCompanyId, unsigned int *result);
int ns__getRemoteViewList(ULONG64 ecSessionId, unsigned int ulCompanyId, struct xsd__base64Binary sCompanyId, struct companyListResponse *response);
int ns__addUserToRemoteAdminList(ULONG64 ecSessionId, unsigned int ulUserId, struct xsd__base64Binary sUserId, unsigned int ulCompanyId, struct xsd__base64Binary sCompanyId, unsigned int *result);
int ns__delUserFromRemoteAdminList(ULONG64 ecSessionId, unsigned int ulUserId, struct xsd__base64Binary sUserId, unsigned int ulCompanyId, struct xsd__base64Binary sCompanyId, unsigned int *result);
int ns__getRemoteAdminList(ULONG64 ecSessionId, unsigned int ulCompanyId, struct xsd__base64Binary sCompanyId, struct userListResponse *response);
int ns__checkExistObject(ULONG64 ulSessionId, struct xsd__base64Binary sEntryId, unsigned int ulFlags, unsigned int *result);
int ns__readABProps(ULONG64 ulSessionId, struct xsd__base64Binary sEntryId, struct readPropsResponse *response);
int ns__abResolveNames(ULONG64 ulSessionId, struct propTagArray *lpaPropTag, struct rowSet *lpsRowSet, struct flagArray *lpaFlags, unsigned int ulFlags, struct abResolveNamesResponse *response);
int ns__syncUsers(ULONG64 ulSessionId, unsigned int ulCompanyId, struct xsd__base64Binary sCompanyId, unsigned int *result);
int ns__setLockState(ULONG64 ulSessionId, struct xsd__base64Binary sEntryId, enum xsd__boolean bLocked, unsigned int *result);
int ns__resetFolderCount(ULONG64 ulSessionId, struct xsd__base64Binary sEntryId, struct resetFolderCountResponse *response);
int ns__GetQuota(ULONG64 ulSessionId, unsigned int ulUserid, struct xsd__base64Binary sUserId, enum xsd__boolean bGetUserDefault, struct quotaResponse *response);
int ns__SetQuota(ULONG64 ulSessionId, unsigned int ulUserid, struct xsd__base64Binary sUserId, struct quota *lpsQuota, unsigned int *result);
int ns__AddQuotaRecipient(ULONG64 ulSessionId, unsigned int ulCompanyid, struct xsd__base64Binary sCompanyId, unsigned int ulRecipientId, struct xsd__base64Binary sRecipientId, unsigned int ulType, unsigned int *result);
int ns__DeleteQuotaRecipient(ULONG64 ulSessionId, unsigned int ulCompanyid, struct xsd__base64Binary sCompanyId, unsigned int ulRecipientId, struct xsd__base64Binary sRecipientId, unsigned int ulType, unsigned int *result);
int ns__GetQuotaRecipients(ULONG64 ulSessionId, unsigned int ulUserid, struct xsd__base64Binary sUserId, struct userListResponse *response);
int ns__GetQuotaStatus(ULONG64 ulSessionId, unsigned int ulUserid, struct xsd__base64Binary sUserId, struct quotaStatus *response);
int ns__getChanges(ULONG64 ulSessionId, struct xsd__base64Binary sSourceKeyFolder, unsigned int ulSyncId, unsigned int ulChangeId, unsigned int ulChangeType, unsigned int ulFlags, struct restrictTable *lpsRestrict, struct icsChangeResponse *response);
int ns__setSyncStatus(ULONG64 ulSessionId, struct xsd__base64Binary sSourceKeyFolder, unsigned int ulSyncId, unsigned int ulChangeId, unsigned int ulChangeType, unsigned int ulFlags, struct setSyncStatusResponse *response);
int ns__getEntryIDFromSourceKey(ULONG64 ulSessionId, struct xsd__base64Binary sStoreId, struct xsd__base64Binary folderSourceKey, struct xsd__base64Binary messageSourceKey, struct getEntryIDFromSourceKeyResponse *response);
int ns__getSyncStates(ULONG64 ulSessionId, struct mv_long ulaSyncId, struct getSyncStatesReponse *response);
int ns__getLicenseAuth(ULONG64 ulSessionId, struct xsd__base64Binary sAuthData, struct getLicenseAuthResponse *response);
int ns__resolvePseudoUrl(ULONG64 ulSessionId, char *lpszPseudoUrl, struct resolvePseudoUrlResponse *response);
int ns__getServerDetails(ULONG64 ulSessionId, struct mv_string8 szaSvrNameList, unsigned int ulFlags, struct getServerDetailsResponse *response);
int ns__exportMessageChangesAsStream(ULONG64 ulSessionId, unsigned int ulFlags, struct propTagArray sPropTags, struct sourceKeyPairArray param_1, unsigned int ulPropTag, struct exportMessageChangesAsStreamResponse *response);
int ns__importMessageFromStream(ULONG64 ulSessionId, unsigned int ulFlags, unsigned int ulSyncId, struct xsd__base64Binary sParentEntryId, struct xsd__base64Binary sEntryId, enum xsd__boolean bIsNew, struct propVal *lpsConflictItems, struct streamData sStreamData, unsigned int *result);
int ns__getChangeInfo(ULONG64 ulSessionId, struct xsd__base64Binary sEntryId, struct getChangeInfoResponse *response);
int ns__testSet(ULONG64 ulSessionId, char *name, char *value, unsigned int *result);
