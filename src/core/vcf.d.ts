/** The part of vcf 2.1 that we use; the package has no types. */
declare module 'vcf' {
  interface Property {
    valueOf(): string;
  }
  class VCard {
    parse(text: string): VCard;
    get(name: string): Property | Property[] | undefined;
  }
  export default VCard;
}
