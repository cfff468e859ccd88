/** Prefix of what a merchant's systems call: tills, shops, apps. */
export const store = '/api/v1/store/loyalty';

/** Prefix of what whoever runs the installation calls. */
export const admin = '/api/v1/admin/loyalty';
