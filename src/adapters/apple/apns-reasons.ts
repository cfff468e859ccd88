/** Reasons of APNs by what they judge. Source: "Handling notification responses from APNs", developer.apple.com. */

/**
 * They judge the certificate, in an answer or in the data of a GOAWAY (with which real servers refuse a certificate of
 * the wrong kind: github.com/sideshow/apns2/issues/93).
 */
export const certificateReasons: ReadonlySet<string> = new Set([
  'BadCertificate',
  'BadCertificateEnvironment',
  'Forbidden',
  'MissingProviderToken',
  'InvalidProviderToken',
  'ExpiredProviderToken',
  'BadTopic',
  'TopicDisallowed',
]);

/** With 410: the device has no use for pushes any more. */
export const goneReasons: ReadonlySet<string> = new Set(['Unregistered', 'ExpiredToken']);

/** With 400: the device token is not one of this topic and environment. */
export const wrongTokenReasons: ReadonlySet<string> = new Set(['BadDeviceToken', 'DeviceTokenNotForTopic']);

/** They judge the device token, which is only looked at when the certificate and its topic were taken. */
export const tokenReasons: ReadonlySet<string> = new Set([...wrongTokenReasons, ...goneReasons]);
