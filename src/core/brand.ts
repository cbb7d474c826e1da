declare const brandName: unique symbol;

/** A string that only its own constructor can make, so that an href is never passed where an etag belongs. */
export type Brand<Name extends string> = string & { readonly [brandName]: Name };

/** The one cast behind every branded string; only the constructors beside each type call it. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- a brand exists only in the type system
export const brand = <B extends Brand<string>>(text: string): B => text as B;
